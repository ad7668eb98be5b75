"""What the box asks of a capture device; real devices and simulated ones both keep to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.core.types import AudioBlock, DeviceInfo, Issue, Signal, StreamFormat, VideoFrame


class PictureSource(Protocol):
    """The pictures of one open device; ``format`` speaks of no sound."""

    @property
    def info(self) -> DeviceInfo: ...

    @property
    def format(self) -> StreamFormat: ...

    def start(self) -> None:
        """Begin to deliver; the first frame has sequence 0."""

    def read(self, timeout_s: float) -> VideoFrame | None:
        """The next frame, stamped on CLOCK_MONOTONIC with its start; None after the time-out."""

    def signal(self) -> Signal: ...

    def report(self) -> dict[str, str]: ...

    def stop(self) -> None: ...


class SoundSource(Protocol):
    """The sound of one open device, 16-bit samples stamped on CLOCK_MONOTONIC."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def channels(self) -> int: ...

    def start(self) -> None: ...

    def read(self, timeout_s: float) -> AudioBlock | None:
        """The next block; None after the time-out. Raises DeviceLost when it is gone."""

    def report(self) -> dict[str, str]: ...

    def stop(self) -> None: ...


class MediaSource(Protocol):
    """One open device with its pictures and its sound, on one clock of its own."""

    @property
    def info(self) -> DeviceInfo: ...

    @property
    def format(self) -> StreamFormat: ...

    def start(self) -> None:
        """Begin to deliver; the first frame has sequence 0."""

    def read(self, timeout_s: float) -> VideoFrame | AudioBlock | None:
        """The next piece in order of time; None after the time-out. Raises DeviceLost when it is gone."""

    def signal(self) -> Signal:
        """What the driver knows of the signal; UNKNOWN where it knows nothing."""

    def report(self) -> dict[str, str]:
        """What the log of a recording should keep of the device: its ids, standard, true rates, losses."""

    def stop(self) -> None:
        """End delivery and close; safe to call twice and after a loss."""


@dataclass(frozen=True)
class DeviceChange:
    info: DeviceInfo
    present: bool


class DeviceWatcher(Protocol):
    """Knows which devices are plugged in and opens them."""

    def devices(self) -> tuple[DeviceInfo, ...]: ...

    def issues(self) -> tuple[Issue, ...]:
        """What a person should know of what is plugged in: a device without a role, a bus too narrow."""

    def subscribe(self, on_change: Callable[[DeviceChange], None]) -> None:
        """Call back, from any thread, at every plug and unplug after this moment."""

    def open(self, device_id: str) -> MediaSource: ...

    def close(self) -> None: ...
