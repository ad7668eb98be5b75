"""The usual chains, run for real on small pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.bench.chains import DENOISERS, filters, run_chain
from appliance.bench.clips import NTSC, PAL, Standard
from appliance.core.types import Picture


def test_the_filters_are_those_of_the_documentation() -> None:
    assert filters("bwdif", "tff") == "bwdif=mode=send_field:parity=tff:deint=all"
    assert filters("bwdif+hqdn3d", "bff") == "bwdif=mode=send_field:parity=bff:deint=all,hqdn3d"
    assert list(DENOISERS) == ["bwdif", "bwdif+hqdn3d", "bwdif+atadenoise", "bwdif+nlmeans"]


def blinking(standard: Standard, frames: int) -> list[Picture]:
    """Each frame's first field is darker than its second one, and each frame is lighter than the last."""
    made = []
    for number in range(frames):
        y = np.empty((48, 64), np.uint8)
        first = 0 if standard.order == "tff" else 1
        y[first::2], y[1 - first :: 2] = 60 + 20 * number, 70 + 20 * number
        grey = np.full((48, 32), 128, np.uint8)
        made.append(Picture(y, grey, grey, number / 25))
    return made


@pytest.mark.parametrize("standard", [replace(PAL, rows=48), replace(NTSC, rows=48)])
def test_a_chain_gives_one_picture_a_field_in_the_order_of_time(standard: Standard) -> None:
    films = run_chain("bwdif", blinking(standard, 4), standard)
    assert [p.y.shape for p in films] == [(48, 64)] * 8
    assert films[0].u.shape == (24, 32)
    middles = [float(np.median(p.y[10:-10, 10:-10])) for p in films]
    assert middles == pytest.approx([60, 70, 80, 90, 100, 110, 120, 130], abs=4)


def test_a_denoiser_takes_noise_away() -> None:
    rng = np.random.default_rng(1)
    grey = np.full((48, 32), 128, np.uint8)
    tape = [Picture(rng.normal(120, 4, (48, 64)).astype(np.uint8), grey, grey, n / 25) for n in range(4)]
    standard = replace(PAL, rows=48)
    plain, clean = (run_chain(chain, tape, standard)[5].y.std() for chain in ("bwdif", "bwdif+hqdn3d"))
    assert clean < 0.85 * plain
