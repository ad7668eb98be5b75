"""Whether a tuned net is kept: only if it does better on windows of the tape that no tuning saw.

Three things are measured there, each as the gain of the tuned net over the shipped one in decibels:

- *simulated*: its pictures, played on a simulated tape like this one, against themselves;
- *camera*: the tape's own windows against the camera's pictures, where they are believed;
- *tape*: the tape's own windows against its own fields a little later, which the net has not seen, where
  nothing moves. Their noise is another one, so that only what is left of the picture's own counts. It does
  not see what was lost on the tape, and so it only has to be no worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.adapt.estimate import calm, deviation
from appliance.core.types import Plane

Places = NDArray[np.bool_]

LEAST_GAIN_DB = 0.1
LEAST_CAMERA_DB = 0.05
MOST_LOSS_DB = 0.02
LATER = 4  # fields; the net sees three to each side
STILL_PX = 9  # around a place in which nothing may move
STILL = 1.2  # times what noise alone would change
BELIEVED = 0.7
CLEAN = 1.0  # mean square in levels between a film and the tape's later fields; then nothing can be won
LEAST_SHARE = 0.02  # of a picture; less of it says nothing


@dataclass(frozen=True)
class Verdict:
    """Gains in decibels; None for what could not be measured."""

    simulated: float
    camera: float | None = None
    tape: float | None = None
    clean: bool = False  # the shipped net's pictures are the tape's own already

    @property
    def keep(self) -> bool:
        return (
            not self.clean
            and self.simulated >= LEAST_GAIN_DB
            and (self.camera is None or self.camera >= LEAST_CAMERA_DB)
            and (self.tape is None or self.tape >= -MOST_LOSS_DB)
        )

    def sentence(self) -> str:
        said = [f"{self.simulated:+.2f} dB on its own pictures played again"]
        if self.camera is not None:
            said.append(f"{self.camera:+.2f} dB against the camera's")
        if self.tape is not None:
            said.append(f"{self.tape:+.2f} dB against the tape's own later fields")
        if self.clean:
            return "The tape is clean: where nothing moves, its film is within a level of it already."
        return "On windows that were held back: " + ", ".join(said) + "."


@dataclass(frozen=True)
class Errors:
    """Mean squares of one window, of the shipped net's picture and of the tuned one's."""

    shipped: float
    tuned: float


def gain_db(errors: Sequence[Errors]) -> float | None:
    """The mean over the windows."""
    each = [10 * np.log10((e.shipped + 1e-3) / (e.tuned + 1e-3)) for e in errors]
    return float(np.mean(each)) if each else None


def is_clean(errors: Sequence[Errors]) -> bool:
    return bool(errors) and float(np.mean([e.shipped for e in errors])) < CLEAN


def against(truth: Plane, shipped: Plane, tuned: Plane, where: Places | None = None) -> Errors | None:
    """``where`` is true for the places that count; None for too few of them."""
    if where is not None and where.mean() < LEAST_SHARE:
        return None
    squares = [np.square(one.astype(np.float32) - truth) for one in (shipped, tuned)]
    one, other = (float((s if where is None else s[where]).mean()) for s in squares)
    return Errors(one, other)


def still(before: Plane, own: Plane, later: Plane) -> Places:
    """Where fields of the same lines, before and after, differ by no more than their noise."""
    change = cv2.absdiff(before, later).astype(np.float32) + cv2.absdiff(own, later)
    noise = deviation((own.astype(np.float32) - later)[calm(own.astype(np.float32))])
    expected = 2 * noise * np.sqrt(2 / np.pi)
    return np.asarray(cv2.blur(change, (STILL_PX, STILL_PX)) <= STILL * expected + 0.5)
