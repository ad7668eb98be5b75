"""What a simulated world adds to the recorder, and that there may be none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from appliance.control.errands import going_on
from appliance.control.refusals import not_simulated
from appliance.devices.base import DeviceWatcher


class Simulation(Protocol):
    """Hands that plug and press, and the truth to compare with."""

    @property
    def watcher(self) -> DeviceWatcher: ...

    def prepare(self, progress: Callable[[float], None]) -> None: ...
    def hand(self, action: str) -> None: ...
    def recording_started(self) -> None: ...
    def recording_stopped(self) -> None: ...
    def truth(self, tape_start_s: float, camera_start_s: float) -> tuple[float, float]: ...


class Stopped(Exception):
    """Ends a preparation in mid-work."""


class World:
    """The simulated world, or none: then there is nothing to prepare and nobody's hand to lead."""

    def __init__(self, simulation: Simulation | None) -> None:
        self.simulation = simulation

    def prepare(self, tell: Callable[[float], None], unwanted: Callable[[], bool]) -> None:
        """For a thread. Threads cannot be cancelled: this one asks whether it is ``unwanted`` and ends."""

        def progress(fraction: float) -> None:
            if unwanted():
                raise Stopped
            tell(fraction)

        try:
            if self.simulation is not None:
                self.simulation.prepare(progress)
        except Stopped:
            return

    def recording(self, started: bool) -> None:
        if self.simulation is not None:
            with going_on("the simulated world"):
                (self.simulation.recording_started if started else self.simulation.recording_stopped)()

    def hand(self, action: str) -> None:
        """Raises Problem for a box with real devices, and for an action that nobody knows."""
        if self.simulation is None:
            raise not_simulated()
        self.simulation.hand(action)
