"""The simulated USB camera: JPEG pictures and sound of the scene, on a clock of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import DeviceInfo, Role, VideoFrame
from appliance.sim.cache import Reel
from appliance.sim.deck import Deck
from appliance.sim.recipe import CAMERA_RATE
from appliance.sim.sound import RATE_HZ, room_tone
from appliance.sim.source import BLOCK_S, Port, SimSource, first_frame_after, played

CAMERA = DeviceInfo("sim-camera", "Camera", Role.CAMERA, port="simulated port 2", simulated=True)


class CameraSource(SimSource):
    """Sees the scene stand still until the tape plays, and its last picture when the tape is over."""

    def __init__(self, reel: Reel, deck: Deck, port: Port, speed: float) -> None:
        clock = CameraClock(deck, reel.recipe.camera_ppm)
        super().__init__(CAMERA, reel.recipe.camera_format(), port, clock.now_s, speed, lossless=speed > 1)
        self._reel, self._deck, self._clock = reel, deck, clock
        self._tone = room_tone(reel.recipe.seed, 2 * RATE_HZ)

    def _start(self, time_s: float) -> int | None:
        """The number of the frame with which the scene began to move, as seen from a moment of its clock."""
        played_at_s = self._deck.at(self._clock.world_s(time_s) + 1e-6).played_at_s
        if played_at_s is None:
            return None
        return first_frame_after(self._clock.own_s(played_at_s), float(CAMERA_RATE))

    def frame_at(self, number: int, sequence: int) -> VideoFrame:
        timestamp_s = number * self._frame_s
        start = self._start(timestamp_s)
        last = self._reel.recipe.camera_frames - 1
        position = 0 if start is None else min(max(number - start, 0), last)
        return VideoFrame(sequence, timestamp_s, data=self._reel.camera_frame(position))

    def sound_at(self, first: int) -> NDArray[np.int16]:
        start = self._start(first / RATE_HZ + BLOCK_S)
        if start is None:
            return played(self._reel.camera_sound[:0], self._tone, 0, first)
        begun = round(start / CAMERA_RATE * RATE_HZ)
        return played(self._reel.camera_sound, self._tone, first - begun, first)


class CameraClock:
    """Runs slow by the clock rule's drift: a second of it lasts (1 + drift) seconds of the world."""

    def __init__(self, deck: Deck, ppm: float) -> None:
        self._deck, self._rate = deck, 1 + ppm * 1e-6

    def now_s(self) -> float:
        return self.own_s(self._deck.now_s())

    def own_s(self, world_s: float) -> float:
        return world_s / self._rate

    def world_s(self, own_s: float) -> float:
        return own_s * self._rate
