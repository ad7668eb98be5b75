"""The exact time by light: seconds of the camera's changes against the tape's near where they may lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.sync.features import FRAMES_PER_S
from appliance.sync.light_band import BROAD, likeness, piece
from appliance.sync.light_curve import Array, FloatArray
from appliance.sync.path import Points, guesses

WINDOW_S, SHORTEST_S = 4.0, 1.5
PARTS = 4  # a short recording is cut into so many windows, for one alone decides nothing
MOST_WINDOWS = 1500
REACH_S, MOST_REACH_S = 0.15, 0.4
PEAKS = 3
PROBES = 6
CHANCE = 4.0  # nats that the best of some ten unrelated lags reaches easily
QUIET = 0.15  # of the usual energy: a window in which less happens is not made louder than that
EVENT_FRAMES = 10
MOST_AN_EVENT = 1.2  # deviations
Peak = tuple[float, float]  # lag in seconds, height in deviations of chance


@dataclass(frozen=True)
class Matcher:
    """Compares a window of the camera's features with the tape's around a guess."""

    tape: FloatArray
    camera: FloatArray
    independent: float = BROAD.independent  # share of the frames

    @property
    def camera_s(self) -> float:
        return float(self.camera.shape[1]) / FRAMES_PER_S

    @property
    def window_s(self) -> float:
        shorter_s = min(self.tape.shape[1], self.camera.shape[1]) / FRAMES_PER_S
        return float(np.clip(shorter_s / PARTS, SHORTEST_S, WINDOW_S))

    def peaks(self, centre_s: float, guess_s: float, reach_s: float) -> list[Peak]:
        """The highest agreements; none at the edge of what was looked through."""
        found = tops(self.heights(centre_s, guess_s, reach_s))
        return [(self.lag_of(k, guess_s, reach_s), h) for k, h in found]

    def lag_of(self, place: float, guess_s: float, reach_s: float) -> float:
        """The lag of a place among the ``heights``."""
        return (frames_of(guess_s) - frames_of(reach_s) - 1 + place) / FRAMES_PER_S

    def heights(self, centre_s: float, guess_s: float, reach_s: float) -> FloatArray:
        """The agreement at every lag within reach of the guess, and one more on either side."""
        length, reach = frames_of(self.window_s), frames_of(reach_s) + 1
        start = frames_of(centre_s) - length // 2
        near = piece(self.tape, start + frames_of(guess_s) - reach, length + 2 * reach)
        return heights(near, piece(self.camera, start, length), self.floor, self.independent)

    @property
    def floor(self) -> float:
        """The least energy of a moment, as the product of both."""
        energies = [float(np.mean(f[0] ** 2)) * len(f) for f in (self.tape, self.camera)]
        return QUIET**2 * energies[0] * energies[1] + 1e-12


def frames_of(seconds: float) -> int:
    return round(seconds * FRAMES_PER_S)


def heights(near: FloatArray, window: FloatArray, floor: float, independent: float) -> FloatArray:
    """The correlation at every lag, in deviations of what chance gives for signals of this kind.

    Parts of a picture change together: the less alike two channels are, the more they prove. No single
    event, such as a flash, proves much: any two flashes are alike.
    """
    length = window.shape[1]
    lags = near.shape[1] - length + 1
    product = np.array([(near[:, k : k + length] * window).sum(axis=0) for k in range(lags)])
    power = np.concatenate([[0.0], np.cumsum((near**2).sum(axis=0))])
    energy = (power[length:] - power[:-length]) * float((window**2).sum())
    alike = likeness(near, window) + 1e-6
    chance = np.sqrt(np.maximum(energy, floor * length**2) * alike / (independent * length))
    events = np.add.reduceat(product, np.arange(0, length, EVENT_FRAMES), axis=1) / chance[:, None]
    return np.asarray(np.clip(events, -MOST_AN_EVENT, MOST_AN_EVENT).sum(axis=1), np.float32)


def tops(height: FloatArray) -> list[Peak]:
    middle = height[1:-1]
    at = 1 + np.flatnonzero((middle >= height[:-2]) & (middle > height[2:]) & (middle > 0))
    at = at[np.argsort(height[at])[::-1][:PEAKS]]
    left, top, right = height[at - 1], height[at], height[at + 1]
    shift = 0.5 * (left - right) / (left - 2 * top + right - 1e-12)
    return [(float(k + s), float(h)) for k, s, h in zip(at, shift, top, strict=True)]


def probe(matcher: Matcher, places: Points, piece_s: float) -> Points:
    """The same places, scored by what a few windows of each prove."""
    half = matcher.window_s / 2
    tape_s, score = matcher.tape.shape[1] / FRAMES_PER_S, []
    for time_s, lag_s in zip(places.time_s, places.lag_s, strict=True):
        start = max(time_s - piece_s / 2 + half, half - lag_s)
        end = max(start, min(time_s + piece_s / 2 - half, tape_s - lag_s - half))
        count = int(np.clip((end - start) / half + 1, 1, PROBES))
        found = [matcher.peaks(t, lag_s, REACH_S)[:1] for t in np.linspace(start, end, count)]
        score.append(sum(min(height, 6.0) ** 2 / 2 - CHANCE for top in found for _, height in top))
    return Points(places.time_s, places.lag_s, np.array(score, np.float64))


def measure(matcher: Matcher, path: Points) -> Points:
    """Peaks of windows along the path of the search; the score is the height of the peak."""
    rows = [
        (centre_s, lag_s, height)
        for centre_s in centres(matcher, path)
        for guess_s, reach_s in guesses(path, float(centre_s), REACH_S, MOST_REACH_S)
        for lag_s, height in matcher.peaks(float(centre_s), guess_s, reach_s)
    ]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Points(table[:, 0], table[:, 1], table[:, 2])


def centres(matcher: Matcher, path: Points) -> Array:
    """Middles of the windows, on the camera's clock, where both recordings have pictures."""
    half = matcher.window_s / 2
    tape_s, camera_s = (f.shape[1] / FRAMES_PER_S for f in (matcher.tape, matcher.camera))
    start = max(half, half - float(path.lag_s[0]))
    end = min(camera_s - half, tape_s - float(path.lag_s[-1]) - half)
    hop_s = max(half, (end - start) / MOST_WINDOWS)
    count = int(max(0.0, end - start) / hop_s + 1e-6) + 1
    return np.asarray(start + hop_s * np.arange(count), np.float64)
