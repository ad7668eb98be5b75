"""What comes from the tape's device, from all that can be known: its driver, its pictures, its silence."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.capture.jpeg import JpegEye
from appliance.capture.pumping import PumpWatch
from appliance.capture.signal import classify, combine
from appliance.capture.standard import StandardWatch
from appliance.capture.stillness import Motion, StillWatch, block_means
from appliance.core.types import Plane, Role, Signal, StreamFormat, VideoFrame

Planes = tuple[Plane, Plane, Plane]


@dataclass(frozen=True)
class Sight:
    """``signal`` is for people. ``evidence`` is for the search for the tape's end: a pause is a picture."""

    signal: Signal = Signal.UNKNOWN
    evidence: Signal = Signal.UNKNOWN
    dead_s: float = 0.0  # for so long the device has repeated one picture to the bit


class SignalWatch:
    """``count`` every frame, ``look`` at some. A camera is only asked whether its picture is flat."""

    def __init__(self, format: StreamFormat, role: Role) -> None:
        self._tape = role is Role.TAPE
        self._eye = JpegEye() if self._tape and format.pixel_format == "mjpeg" else None
        self._standard = StandardWatch(format)
        self._begin_anew()
        self._last = Sight()

    def _begin_anew(self) -> None:
        self._still, self._pump = StillWatch(), PumpWatch()

    def count(self, frame: VideoFrame) -> None:
        self._standard.count(frame.timestamp_s)

    def look(self, frame: VideoFrame, driver: Signal, silent: bool) -> Sight:
        """``silent``: nothing is heard either. A picture that cannot be read changes nothing."""
        planes = self._planes(frame)
        if planes is not None:
            self._last = self._judge(planes, frame.timestamp_s, driver, silent)
        elif self._eye is None:
            shown = combine(driver, Signal.OK)
            self._last = Sight(shown, shown)
        return self._last

    def _planes(self, frame: VideoFrame) -> Planes | None:
        if len(frame.planes) == 3:
            return frame.planes[0], frame.planes[1], frame.planes[2]
        return self._eye.look(frame.data) if self._eye is not None and frame.data else None

    def _judge(self, planes: Planes, timestamp_s: float, driver: Signal, silent: bool) -> Sight:
        picture = classify(*planes)
        signal = combine(self._known(driver), picture)
        if not self._tape:
            return Sight(signal, signal)
        if signal not in (Signal.OK, Signal.PUMPING):
            if signal is not Signal.WRONG_STANDARD:
                self._begin_anew()
            return Sight(signal, Signal.OK if signal is Signal.WRONG_STANDARD else signal)
        if picture is Signal.NONE:  # a black scene
            self._begin_anew()
            return Sight(signal, Signal.OK)
        return self._moving(planes[0], timestamp_s, signal, silent)

    def _known(self, driver: Signal) -> Signal:
        return Signal.WRONG_STANDARD if driver is not Signal.NONE and self._standard.wrong else driver

    def _moving(self, luma: Plane, timestamp_s: float, signal: Signal, silent: bool) -> Sight:
        """A picture that stands ends no take while something is heard: then the tape goes on."""
        blocks = block_means(luma)
        motion = self._still.feed(luma, blocks, timestamp_s)
        pumps = self._pump.feed(blocks, timestamp_s)
        if motion is Motion.DEAD:
            return Sight(Signal.FROZEN, Signal.FROZEN if silent else Signal.OK, self._still.dead_s)
        if motion is Motion.STILL:
            return Sight(Signal.FROZEN, Signal.OK)
        return Sight(Signal.PUMPING if pumps else signal, Signal.OK)
