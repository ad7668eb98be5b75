"""A moving scene, and tapes of it with known wear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from appliance.core.types import Picture
from appliance.sim.tape.parameters import TapeParameters

ROWS, COLUMNS = 144, 192
MakeScene = Callable[..., list[Picture]]


@pytest.fixture
def make_scene() -> MakeScene:
    """``fields`` clean 4:2:0 pictures of blots that wander; half of each is flat."""

    def make(fields: int = 14, rows: int = ROWS, columns: int = COLUMNS) -> list[Picture]:
        rng = np.random.default_rng(4)
        wide = rng.standard_normal((3, rows, columns))
        blots = [cv2.GaussianBlur(plane, (0, 0), 2.5) * 160 for plane in wide]
        for plane in blots:
            plane[:, : columns // 2] = 0
        y = np.clip(110 + blots[0], 30, 220).astype(np.uint8)
        u, v = (np.clip(128 + 0.6 * plane, 60, 200).astype(np.uint8)[::2, ::2] for plane in blots[1:])
        return [
            Picture(np.roll(y, 2 * k, 1), np.roll(u, k, 1), np.roll(v, k, 1), k / 50) for k in range(fields)
        ]

    return make


@pytest.fixture
def worn() -> TapeParameters:
    """In pixels of a picture of 192 columns."""
    tape = TapeParameters(seed=3, sample_rate_mhz=13.5 * COLUMNS / 720)
    return replace(tape, luma_noise=4.0, chroma_noise=4.0, chroma_delay_px=2.0, row_noise=0.3, noise_tone=0.2)
