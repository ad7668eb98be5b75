"""The long search: where on the tape may each piece of the camera's sound lie, to a fiftieth of a second."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.path import Points
from appliance.sync.track import FloatArray

SHORTEST_S, LONGEST_S = 8.0, 40.0  # of a piece; drift moves less than a frame within it
FEW_PIECES = 8
BLOCK_FRAMES = 1 << 16
LEAST_OVERLAP = FRAMES_PER_S  # frames; less than a second proves nothing
APART = 11  # frames between two places worth telling apart
PEAKS = 10
THREADS = 2
NOISE_EVERY = 8  # lags: so many tell the noise as well as all
RIVAL = 0.5  # of the best place's score


def search(tape: FloatArray, camera: FloatArray, progress: Callable[[float], None]) -> Points:
    """The likeliest places of every piece of the camera; the score is in deviations of chance."""
    seconds = camera.shape[1] / FRAMES_PER_S
    count = max(1, min(FEW_PIECES, round(seconds / SHORTEST_S)), round(seconds / LONGEST_S))
    edges = np.linspace(0, camera.shape[1], count + 1).astype(int)
    finder = Finder(tape, int(np.diff(edges).max()))

    def places(ends: tuple[int, int]) -> list[tuple[float, float, float]]:
        start, end = ends
        lags, scores = _peaks(finder.correlate(camera[:, start:end]), end - start, tape.shape[1])
        centre_s = (start + end) / 2 / FRAMES_PER_S
        return [(centre_s, (k - start) / FRAMES_PER_S, z) for k, z in zip(lags, scores, strict=True)]

    rows: list[tuple[float, float, float]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for i, found in enumerate(pool.map(places, pairwise(edges.tolist()))):
            rows += found
            progress((i + 1) / count)
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Points(table[:, 0], table[:, 1], table[:, 2])


def search_whole(tape: FloatArray, camera: FloatArray) -> Points:
    """The likeliest places of a short film as one piece; the score is in deviations of chance."""
    length = camera.shape[1]
    lags, scores = _peaks(Finder(tape, length).correlate(camera), length, tape.shape[1])
    middle_s = np.full(len(lags), length / 2 / FRAMES_PER_S)
    return Points(middle_s, lags / FRAMES_PER_S, scores.astype(np.float64))


class Finder:
    """Correlates short pieces with a long recording, block by block (overlap-save)."""

    def __init__(self, long: FloatArray, longest: int) -> None:
        self._reach = longest - 1
        self._lags = long.shape[1] + self._reach
        self._size = scipy.fft.next_fast_len(min(BLOCK_FRAMES, self._lags + self._reach), real=True)
        self._step = self._size - self._reach
        padded = np.pad(long, ((0, 0), (self._reach, self._size)))
        starts = range(0, self._lags, self._step)
        self._spectra = [scipy.fft.rfft(padded[:, s : s + self._size], axis=1) for s in starts]

    def correlate(self, piece: FloatArray) -> FloatArray:
        """One value per lag, from -(longest - 1) frames on."""
        conjugate = scipy.fft.rfft(piece, self._size, axis=1).conj()
        sums = [np.einsum("bf,bf->f", spectrum, conjugate) for spectrum in self._spectra]
        blocks = [scipy.fft.irfft(s, self._size)[: self._step] for s in sums]
        return np.concatenate(blocks)[: self._lags].astype(np.float32)


def _peaks(correlation: FloatArray, length: int, total: int) -> tuple[NDArray[np.intp], FloatArray]:
    reach = len(correlation) - total
    lags = np.arange(len(correlation)) - reach
    overlap = np.minimum(lags + length, total) - np.maximum(lags, 0)
    usable = overlap >= min(LEAST_OVERLAP, length, total)
    value = np.where(usable, correlation / np.sqrt(np.maximum(overlap, 1)), 0)
    noise = 1.4826 * float(np.median(np.abs(value[usable][::NOISE_EVERY]))) + 1e-9
    top = np.flatnonzero((value == maximum_filter1d(value, APART)) & (value > noise))
    top = top[np.argsort(value[top])[::-1][:PEAKS]]
    top = top[value[top] > RIVAL * value.max()]
    return lags[top], (value[top] / noise).astype(np.float32)
