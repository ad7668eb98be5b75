"""The simulated VCR behind its capture dongle: what the tape shows and says at any moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.core.types import DeviceInfo, Role, Signal, VideoFrame
from appliance.sim.cache import Reel
from appliance.sim.deck import Deck
from appliance.sim.optics import Planes
from appliance.sim.paint import yuv
from appliance.sim.sound import RATE_HZ, tape_hiss
from appliance.sim.source import BLOCK_S, BLOCK_SAMPLES, Port, SimSource, first_frame_after, played
from appliance.sim.trouble import Hiss, other_standard, pumping

VCR = DeviceInfo("sim-vcr", "VCR", Role.TAPE, port="simulated port 1", simulated=True)
SNOW_FRAMES = 8
MUTE_BLUE = (0, 0, 190)


class VcrSource(SimSource):
    """A driver that can tell no signal and the standard; blue, noise and the rest are pictures to it."""

    def __init__(self, reel: Reel, deck: Deck, port: Port, ending: str, speed: float) -> None:
        style = reel.recipe.tape_format()
        super().__init__(VCR, style, port, deck.now_s, speed, lossless=speed > 1)
        self._reel, self._deck, self._ending = reel, deck, ending
        size = (style.width, style.height)
        luma, blue, red = (round(v) for v in yuv(MUTE_BLUE))
        self._flat = {"blue": flat(size, (luma, blue, red)), "none": flat(size, (16, 128, 128))}
        self._snow = [snow(size, number) for number in range(SNOW_FRAMES)]
        self._picture_hiss = Hiss(size)
        self._hiss = tape_hiss(2 * RATE_HZ)
        self._silence = np.zeros((BLOCK_SAMPLES, 2), np.int16)

    def signal(self) -> Signal:
        number = first_frame_after(self.position_s, float(self.format.rate))
        if self._state(number)[0] == "none":
            return Signal.NONE
        return Signal.WRONG_STANDARD if self._fault(number) == "wrong-standard" else Signal.OK

    def _fault(self, number: int) -> str:
        return self._deck.at(number * self._frame_s + 1e-6).fault

    def _state(self, number: int) -> tuple[str, int]:
        """What the frame of that number shows, and the tape's frame if it plays."""
        rate = float(self.format.rate)
        transport = self._deck.at(number / rate + 1e-6)
        if not transport.signal:
            return "none", 0
        if transport.ended:
            return transport.ended, 0
        if transport.played_at_s is None:
            return "still", 0
        position = number - first_frame_after(transport.played_at_s, rate)
        if position >= self._reel.recipe.tape_frames:
            return self._ending, 0
        return "playing", max(0, position)

    def frame_at(self, number: int, sequence: int) -> VideoFrame:
        time_s, fault = number * self._frame_s, self._fault(number)
        if fault == "freeze":
            since_s = self._deck.at(time_s + 1e-6).since_s
            number = first_frame_after(max(since_s, 0.0), float(self.format.rate))
        planes = self._planes(number)
        if fault == "pumping":
            planes = pumping(planes, time_s)
        elif fault == "wrong-standard":
            planes = other_standard(planes, time_s)
        return VideoFrame(sequence, time_s, planes=planes)

    def _planes(self, number: int) -> Planes:
        state, position = self._state(number)
        if state == "noise":
            return self._snow[number * 5 % 7 if number % 3 else SNOW_FRAMES - 1]
        if state == "still":
            return self._picture_hiss.over(self._reel.tape_frame(0), number)
        return self._flat.get(state) or self._reel.tape_frame(position)

    def sound_at(self, first: int) -> NDArray[np.int16]:
        rate = float(self.format.rate)
        number = first_frame_after(first / RATE_HZ + BLOCK_S, rate)  # a block at the start of play is played
        state, position = self._state(number)
        if state in ("blue", "none") or self._fault(number) == "freeze":
            return self._silence
        if state != "playing":
            return played(self._reel.tape_sound[:0], self._hiss, 0, first)
        start = round((number - position) / rate * RATE_HZ)
        return played(self._reel.tape_sound, self._hiss, first - start, first)


def flat(size: tuple[int, int], colour: tuple[int, int, int]) -> Planes:
    width, height = size
    y, u, v = colour
    shape, half = (height, width), (height, width // 2)
    return np.full(shape, y, np.uint8), np.full(half, u, np.uint8), np.full(half, v, np.uint8)


def snow(size: tuple[int, int], number: int) -> Planes:
    """A VCR without a tape track: luma noise, hardly any colour."""
    width, height = size
    rng = np.random.default_rng((61, number))
    y = rng.integers(16, 236, (height, width), dtype=np.uint8)
    u, v = (rng.integers(118, 139, (height, width // 2), dtype=np.uint8) for _ in range(2))
    return y, u, v
