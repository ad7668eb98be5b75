"""Pieces of the films side by side: tape, best chain, ours, ours with the camera, truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from appliance.bench.material import crop_of
from appliance.bench.methods import GUIDED
from appliance.bench.results import OwnScores, best_chain
from appliance.core.types import Picture, Plane

ROWS, COLUMNS, LARGER = 180, 200, 2
LABEL_ROWS = 28
QUALITY = 85
TAPE, TRUTH = "tape", "truth"


def keep_crop(out: Path, sample: str, method: str, made: Sequence[Picture], truth: Sequence[Picture]) -> None:
    """The same place of the middle picture of every method, as a PNG."""
    path = crop_path(out, sample, method)
    path.parent.mkdir(parents=True, exist_ok=True)
    where = crop_of(truth, ROWS, COLUMNS)
    cv2.imwrite(str(path), colours(made[len(made) // 2])[where])


def crop_path(out: Path, sample: str, method: str) -> Path:
    return out / "crops" / sample / f"{method.replace(' ', '-')}.png"


def colours(picture: Picture) -> Plane:
    """BGR of a 4:2:0 picture."""
    rows, columns = picture.y.shape
    packed = np.concatenate([p.ravel() for p in (picture.y, picture.u, picture.v)])
    return np.asarray(cv2.cvtColor(packed.reshape(rows * 3 // 2, columns), cv2.COLOR_YUV2BGR_I420), np.uint8)


def lay_out(out: Path, sample: str, tiers: Sequence[str], found: OwnScores) -> None:
    """``out``/stills/<sample>-<tier>.jpg for each tier, where all its pieces are at hand."""
    for tier in tiers:
        names = [TAPE, best_chain(found, "psnr_y"), tier, f"{tier} {GUIDED}", TRUTH]
        there = [name for name in names if crop_path(out, sample, name).is_file()]
        panels = [panel(crop_path(out, sample, name), name) for name in there]
        path = out / "stills" / f"{sample}-{tier}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if panels:
            cv2.imwrite(str(path), np.hstack(panels), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def panel(path: Path, name: str) -> Plane:
    """The piece enlarged without smoothing, its name above."""
    piece = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR))
    large = cv2.resize(piece, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_NEAREST)
    label = np.full((LABEL_ROWS, large.shape[1], 3), 255, np.uint8)
    cv2.putText(label, name, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
    framed = np.vstack([label, large])
    return np.pad(framed, ((0, 0), (0, 4), (0, 0)), constant_values=255)
