"""The exact time: one second of the camera's sound against the tape near where it is expected (GCC-PHAT)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from appliance.sync.features import HIGH_HZ, LOW_HZ
from appliance.sync.path import MAX_DRIFT, Array, Points, guesses
from appliance.sync.track import FloatArray, Sound

WINDOW_S, HOP_S = 1.0, 0.5
MOST_WINDOWS = 1500
REACH_S, MOST_REACH_S = 0.05, 0.25
PEAKS = 3
PROBES = 6
CHANCE = 6.0  # nats that the best of some hundred unrelated lags reaches easily
MOST_FOLLOWED = 7200
FOLLOW_S, BENT_S = 0.03, 0.008  # looked at around a clock that is known; the furthest that wow bends it
THREADS = 2
LEVELS = np.array([0.5, 0.9, 0.97])
Peak = tuple[float, float]  # lag in seconds, height in deviations of the noise around it


def probe(tape: Sound, camera: Sound, rate_hz: int, places: Points) -> Points:
    """The same places, scored by how high a few windows of each stand.

    The long search hears only what swells and fades, and takes any bar of a song for the right one.
    """
    correlator = Correlator(tape, camera, rate_hz)
    tape_s, half = len(tape) / rate_hz, correlator.window_s / 2
    reach_s = len(camera) / rate_hz / len(np.unique(places.time_s)) / 2
    score = []
    for time_s, lag_s in zip(places.time_s, places.lag_s, strict=True):
        start = max(time_s - reach_s + half, half - lag_s)
        end = max(start, min(time_s + reach_s - half, tape_s - lag_s - half))
        around = REACH_S + MAX_DRIFT * reach_s
        tops = [correlator.peaks(t, lag_s, around)[:1] for t in np.linspace(start, end, PROBES)]
        score.append(sum(height**2 / 2 - CHANCE for top in tops for _, height in top))
    return Points(places.time_s, places.lag_s, np.array(score, np.float64))


def measure(tape: Sound, camera: Sound, rate_hz: int, path: Points) -> Points:
    """Peaks of windows along the path of the search; the score is the height of the peak."""
    correlator = Correlator(tape, camera, rate_hz)
    rows = [
        (centre_s, lag_s, height)
        for centre_s in _centres(len(tape) / rate_hz, len(camera) / rate_hz, path)
        for guess_s, reach_s in guesses(path, centre_s, REACH_S, MOST_REACH_S)
        for lag_s, height in correlator.peaks(centre_s, guess_s, reach_s)
    ]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Points(table[:, 0], table[:, 1], table[:, 2])


def track_clock(tape: Sound, camera: Sound, rate_hz: int, lags: Callable[[Array], Array]) -> Points:
    """Evenly spaced windows and their lags near those of a known clock; NaN where nothing stands out."""
    correlator = Correlator(tape, camera, rate_hz)
    tape_s, camera_s, half = len(tape) / rate_hz, len(camera) / rate_hz, correlator.window_s / 2
    hop_s = max(HOP_S, camera_s / MOST_FOLLOWED)
    times = np.arange(half, camera_s - half, hop_s)
    guess = lags(times)
    inside = (times + guess >= half) & (times + guess <= tape_s - half)
    times, guess = times[inside], guess[inside]

    def top(i: int) -> Peak:
        tops = correlator.peaks(float(times[i]), float(guess[i]), FOLLOW_S)
        near = [peak for peak in tops if abs(peak[0] - guess[i]) < BENT_S]
        return near[0] if near else (np.nan, 0.0)

    with ThreadPoolExecutor(THREADS) as pool:
        table = np.array(list(pool.map(top, range(len(times)))), np.float64).reshape(-1, 2)
    return Points(times, table[:, 0], table[:, 1])


def _centres(tape_s: float, camera_s: float, path: Points) -> NDArray[np.float64]:
    """Middles of the windows, on the camera's clock, where both recordings have sound."""
    half = min(WINDOW_S, camera_s) / 2
    start = max(half, -float(path.lag_s[0]) + half)
    end = min(camera_s - half, tape_s - float(path.lag_s[-1]) - half)
    hop_s = max(HOP_S, (end - start) / MOST_WINDOWS)
    count = int(max(0.0, end - start) / hop_s + 1e-6) + 1
    return np.asarray(start + hop_s * np.arange(count), np.float64)


class Correlator:
    """GCC-PHAT between a window of the camera and the tape around a guess, on 300 to 3400 Hz."""

    def __init__(self, tape: Sound, camera: Sound, rate_hz: int, window_s: float = WINDOW_S) -> None:
        self._tape, self._camera, self.rate_hz = tape, camera, rate_hz
        self._length = min(round(window_s * rate_hz), len(camera))
        self.window_s = self._length / rate_hz
        self._taper = np.hanning(self._length).astype(np.float32) ** 0.5

    def peaks(self, centre_s: float, guess_s: float, reach_s: float) -> list[Peak]:
        first_s, height = self._heights(centre_s, guess_s, reach_s)
        return [(first_s + k / self.rate_hz, h) for k, h in _tops(height)]

    def height_at(self, centre_s: float, lag_s: float, near_s: float) -> float:
        """The greatest height within ``near_s`` of a lag, in deviations of the noise around it."""
        first_s, height = self._heights(centre_s, lag_s, REACH_S)
        middle = round((lag_s - first_s) * self.rate_hz)
        reach = max(1, round(near_s * self.rate_hz))
        return float(height[max(0, middle - reach) : middle + reach + 1].max()) / _noise(height)

    def nats(self, centre_s: float, guess_s: float, reach_s: float) -> tuple[float, Array]:
        """The first lag, in seconds, and what each lag from it on has for it."""
        first_s, height = self._heights(centre_s, guess_s, reach_s)
        return first_s, np.minimum((height / _noise(height)) ** 2 / 2, 30.0).astype(np.float64)

    def _heights(self, centre_s: float, guess_s: float, reach_s: float) -> tuple[float, FloatArray]:
        """The first lag, in seconds, and the height of each lag from it on."""
        reach = round(reach_s * self.rate_hz)
        start = round(centre_s * self.rate_hz) - self._length // 2
        first = start + round(guess_s * self.rate_hz) - reach
        near = _slice(self._tape, first, self._length + 2 * reach)
        window = _slice(self._camera, start, self._length) * self._taper
        return (first - start) / self.rate_hz, self._correlate(near, window)[: 2 * reach + 1]

    def _correlate(self, near: FloatArray, window: FloatArray) -> FloatArray:
        size = scipy.fft.next_fast_len(len(near))
        frequency_hz = np.arange(size // 2 + 1) * self.rate_hz / size
        band = (frequency_hz >= LOW_HZ) & (frequency_hz <= HIGH_HZ)
        cross = scipy.fft.rfft(near, size) * scipy.fft.rfft(window, size).conj()
        cross = np.where(band, cross / (np.abs(cross) + 1e-12), 0)
        # Negative frequencies left out: the envelope, which a microphone's phase does not move.
        return np.asarray(np.abs(scipy.fft.ifft(cross, size)), np.float32)


def _slice(sound: Sound, start: int, length: int) -> FloatArray:
    inside = np.nan_to_num(sound[max(0, start) : max(0, start + length)])
    before = min(length, max(0, -start))
    return np.pad(inside, (before, length - before - len(inside)))


def _tops(height: FloatArray) -> list[Peak]:
    """The highest peaks, to a fraction of a sample, in deviations of a Rayleigh noise."""
    noise = _noise(height)
    middle = height[1:-1]
    at = 1 + np.flatnonzero((middle >= height[:-2]) & (middle > height[2:]))
    at = at[np.argsort(height[at])[::-1][:PEAKS]]
    left, top, right = height[at - 1], height[at], height[at + 1]
    shift = 0.5 * (left - right) / (left - 2 * top + right - 1e-12)
    return [(float(k + s), float(h) / noise) for k, s, h in zip(at, shift, top, strict=True)]


def _noise(height: FloatArray) -> float:
    # Held notes make many broad, high peaks: there the upper end of the heights tells the noise.
    return float(np.max(np.quantile(height, LEVELS) / np.sqrt(-2 * np.log(1 - LEVELS)))) + 1e-12
