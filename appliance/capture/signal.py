"""Has the tape ended? What one picture shows, and how long it has shown nothing of worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import Plane, Signal

STEP = 8  # every 8th line and column is enough
NEIGHBOUR = 2  # the next line of the same field
EDGE = 16  # borders carry head switching and half lines
QUIET = 5.0  # luma spread of a picture without tape noise, which adds 6 or more
FLAT_BLUE_Y, FLAT_BLUE_C = 24.0, 20.0  # a VCR's blue comes through its noisy analogue output
BLUE_U, BLUE_EXCESS = 160.0, 28.0
OUTLIERS = 3.0  # per cent of the picture that a VCR's own lettering may cover
SNOW_DEVIATION = 20.0
SNOW_LIKENESS = 0.25  # correlation of neighbouring lines; pictures have 0.7 and more
SNOW_STRUCTURE = 0.3  # of the deviation may remain in means of blocks
STEADY_S = 0.5


def classify(y: Plane, u: Plane, v: Plane) -> Signal:
    """OK, BLUE, NOISE, or NONE for any other flat picture. One look; it is cheap but may err for a moment."""
    luma, chroma_u, chroma_v = thinned(y), thinned(u), thinned(v)
    if is_blue(luma, chroma_u, chroma_v):
        return Signal.BLUE
    if all(spread(plane) <= QUIET for plane in (luma, chroma_u, chroma_v)):
        return Signal.NONE
    return Signal.NOISE if is_snow(y) else Signal.OK


def thinned(plane: Plane) -> Plane:
    edge = min(EDGE, plane.shape[1] // 8)
    return plane[edge:-edge:STEP, edge:-edge:STEP]


def spread(values: Plane) -> int:
    """How far apart the values are when the few most extreme are left out."""
    low, high = (value_at(values, share) for share in (OUTLIERS / 200, 1 - OUTLIERS / 200))
    return high - low


def value_at(values: Plane, share: float) -> int:
    """The value that this share of the pixels stays below, by counting: quicker than sorting."""
    counts = np.bincount(values.ravel(), minlength=256).cumsum()
    return int(np.searchsorted(counts, share * values.size))


def is_blue(y: Plane, u: Plane, v: Plane) -> bool:
    """Saturated and even over the whole picture; a sky is paler, brighter and shaded."""
    blue, red, light = (value_at(plane, 0.5) for plane in (u, v, y))
    saturated = blue >= BLUE_U and blue - red >= BLUE_EXCESS and light <= 120
    if not saturated:
        return False
    return spread(y) <= FLAT_BLUE_Y and max(spread(u), spread(v)) <= FLAT_BLUE_C


def is_snow(y: Plane) -> bool:
    """Strong, without any likeness from line to line, and even when averaged."""
    edge = min(EDGE, y.shape[0] // 8)
    lines = y[edge : -edge - NEIGHBOUR : STEP].astype(np.float32)
    below = y[edge + NEIGHBOUR :: STEP][: len(lines)].astype(np.float32)
    lines, below = lines - lines.mean(), below - below.mean()
    deviation = float(lines.std())
    if deviation < SNOW_DEVIATION:
        return False
    likeness = float((lines * below).mean()) / (deviation * float(below.std()) + 1e-6)
    return likeness < SNOW_LIKENESS and block_deviation(lines) < SNOW_STRUCTURE * deviation


def block_deviation(lines: NDArray[np.float32]) -> float:
    """The deviation that remains when 4 sampled lines by 32 columns are averaged."""
    height, width = lines.shape[0] // 4 * 4, lines.shape[1] // 32 * 32
    blocks = lines[:height, :width].reshape(height // 4, 4, width // 32, 32)
    return float(blocks.mean(axis=(1, 3)).std())


def combine(driver: Signal, picture: Signal) -> Signal:
    """A driver knows whether there is a signal, the picture whether it is worth anything.

    A black scene of a film is flat too: where the driver sees a signal, flat is no loss.
    """
    if driver is Signal.NONE:
        return Signal.NONE
    if driver is not Signal.UNKNOWN and picture in (Signal.OK, Signal.NONE):
        return driver
    return picture


class TapeEndDetector:
    """Says that the tape has ended when the same loss lasted ``limit_s`` of the device's time.

    A short loss ends nothing, a moment of picture within a loss does not start it anew, and blue at the
    start, before anybody pressed play, is not an end: a second of picture must have been seen (``armed``
    says that it was, in an earlier segment of the take).
    """

    def __init__(self, limit_s: float, armed: bool = False) -> None:
        self._limit_s = limit_s
        self._loss: Signal | None = None
        self._since_s = 0.0
        self._ok_since_s: float | None = None
        self._now_s = 0.0
        self._armed = armed

    def feed(self, signal: Signal, timestamp_s: float) -> bool:
        """Whether the tape has ended by now."""
        self._now_s = timestamp_s
        if signal is Signal.OK:
            self._picture()
        elif signal is not Signal.UNKNOWN:
            self._nothing(signal)
        return self.ended

    def _picture(self) -> None:
        if self._ok_since_s is None:
            self._ok_since_s = self._now_s
        lasting_s = self._now_s - self._ok_since_s
        self._armed = self._armed or lasting_s >= 1.0
        if lasting_s >= STEADY_S:
            self._loss = None

    def _nothing(self, signal: Signal) -> None:
        self._ok_since_s = None
        if signal is not self._loss or self._now_s < self._since_s:  # or the clock began anew
            self._loss, self._since_s = signal, self._now_s

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the tape counts as ended; None while there is a picture."""
        if self._loss is None or not self._armed:
            return None
        return max(0.0, self._limit_s - (self._now_s - self._since_s))

    @property
    def ended(self) -> bool:
        return self.remaining_s == 0.0

    def blank_s(self, end_s: float) -> float:
        """Seconds from the tape's end to that time stamp; 0 while it has not ended."""
        return max(0.0, end_s - self._since_s) if self.ended else 0.0
