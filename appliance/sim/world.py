"""The simulated world: VCR, camera and stick, the hands that plug them, and the truth to compare with."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from appliance.core.clock import Clock
from appliance.core.config import SimConfig
from appliance.core.paths import Paths
from appliance.core.problems import DeviceLost, Problem
from appliance.core.types import DeviceInfo, Issue
from appliance.devices.base import DeviceChange, MediaSource
from appliance.sim import faults
from appliance.sim.cache import Reel, fetch_reel
from appliance.sim.camera import CAMERA, CameraSource
from appliance.sim.card import SimCard
from appliance.sim.deck import Deck, speed_of
from appliance.sim.recipe import CAMERA_RATE, recipe_of
from appliance.sim.source import Port, first_frame_after
from appliance.sim.stick import SimStick
from appliance.sim.vcr import VCR, VcrSource

log = logging.getLogger(__name__)


class SimWatcher:
    """Knows the two simulated sockets; a DeviceWatcher."""

    def __init__(self, opener: Callable[[DeviceInfo, Port], MediaSource]) -> None:
        self._opener = opener
        self._ports = {info: Port() for info in (VCR, CAMERA)}
        self._listeners: list[Callable[[DeviceChange], None]] = []
        self._lock = threading.Lock()

    def devices(self) -> tuple[DeviceInfo, ...]:
        return tuple(info for info, port in self._ports.items() if port.plugged)

    def issues(self) -> tuple[Issue, ...]:
        return ()

    def subscribe(self, on_change: Callable[[DeviceChange], None]) -> None:
        with self._lock:
            self._listeners.append(on_change)

    def open(self, device_id: str) -> MediaSource:
        for info in self.devices():
            if info.id == device_id:
                return self._opener(info, self._ports[info])
        raise DeviceLost(device_id)

    def close(self) -> None:
        with self._lock:
            self._listeners.clear()

    def plug(self, info: DeviceInfo, present: bool) -> None:
        """Plug or pull; who subscribed hears of it only if that changed anything."""
        if not self._ports[info].plug(present):
            return
        with self._lock:
            listeners = list(self._listeners)
        for on_change in listeners:
            on_change(DeviceChange(info, present))


class SimWorld:
    def __init__(self, config: SimConfig, paths: Paths, clock: Clock) -> None:
        self._config, self._paths = config, paths
        self._faults = [faults.parse_fault(text) for text in config.faults]
        self._speed = speed_of(clock)
        self._recipe = recipe_of(config)
        self._reel: Reel | None = None
        self._tape: VcrSource | None = None
        self._deck = Deck(clock, paths.run / "simulated-deck.json", self._recipe.seconds)
        self._agenda = faults.Agenda(self._seen_s, self._speed, self._befall)
        self._stick = SimStick(paths)
        self._card = SimCard(paths)
        self._hands = self._known_hands(self._stick)
        self.watcher = SimWatcher(self._open)

    def prepare(self, progress: Callable[[float], None]) -> None:
        """Render tape and camera, or find them in the cache; then the devices are there. Blocks.

        The configured stick is plugged in first, unless a recorder that died comes back to its world.
        """
        if self._config.stick_mb and not self._deck.restored:
            self._stick.plug(self._config.stick_mb, self._config.stick_read_only)
        self._reel = fetch_reel(self._recipe, self._paths.cache, progress)
        self.watcher.plug(VCR, True)
        if self._recipe.camera != "none":
            self.watcher.plug(CAMERA, True)

    def _open(self, info: DeviceInfo, port: Port) -> MediaSource:
        if self._reel is None:
            raise DeviceLost(info.name)
        if info is CAMERA:
            return CameraSource(self._reel, self._deck, port, self._speed)
        self._tape = VcrSource(self._reel, self._deck, port, self._config.ending, self._speed)
        return self._tape

    def _known_hands(self, stick: SimStick) -> dict[str, Callable[[], object]]:
        plug, change = self._plug, self._deck.change
        return {
            "play": self._deck.play,
            "rewind": self._deck.rewind,
            "unplug-tape": lambda: plug(VCR, False),
            "plug-tape": lambda: plug(VCR, True),
            "unplug-camera": lambda: plug(CAMERA, False),
            "plug-camera": lambda: plug(CAMERA, True),
            "no-signal": lambda: change(signal=False),
            "signal": lambda: change(signal=True),
            **{name: partial(change, fault=name) for name in ("freeze", "pumping", "wrong-standard")},
            "steady": lambda: change(fault=""),
            "end-blue": lambda: change(ended="blue"),
            "end-noise": lambda: change(ended="noise"),
            "plug-stick": stick.plug,
            "unplug-stick": stick.unplug,
            "fill-stick": stick.fill,
            "empty-stick": stick.empty,
            "lock-stick": lambda: stick.set_read_only(True),
            "unlock-stick": lambda: stick.set_read_only(False),
            "wear-stick-out": lambda: stick.set_forgetful(True),
            "plug-card": self._plug_card,
            "unplug-card": self._card.unplug,
            "kill-recorder": faults.kill_recorder,
            "kill-worker": lambda: faults.kill_worker(self._paths),
        }

    def _plug(self, info: DeviceInfo, present: bool) -> None:
        if self._reel is None or (info is CAMERA and self._recipe.camera == "none"):
            raise no_such_device(info.name)
        self.watcher.plug(info, present)

    def _plug_card(self) -> None:
        if self._reel is None or self._recipe.camera == "none":
            raise no_such_device("camera's card")
        self._card.plug(self._reel)

    def actions(self) -> tuple[str, ...]:
        return tuple(self._hands)

    def hand(self, action: str) -> None:
        """What a person's hand or bad luck does; raises Problem for an action that nobody knows."""
        if action not in self._hands:
            raise faults.unknown(action)
        log.info("simulated: %s", faults.ACTIONS[action])
        self._hands[action]()

    def _befall(self, action: str) -> None:
        """A fault on the agenda; that it cannot happen just now is worth a line in the log."""
        try:
            self.hand(action)
        except Problem as problem:
            log.warning("simulated %s failed: %s", action, problem)

    def _seen_s(self) -> float:
        """The world's time; where it runs fast, that of the tape's reader, so that a fault hits its frame."""
        now_s, tape = self._deck.now_s(), self._tape
        return min(now_s, tape.position_s) if self._speed > 1 and tape and tape.reading else now_s

    def recording_started(self) -> None:
        """Somebody presses play, and the configured faults come at their seconds into the recording.

        A recorder that died and was started again finds the tape where it is by then.
        """
        begun_s = self._deck.take_up()
        now_s = self._deck.now_s()
        if begun_s is None:
            begun_s = now_s
            if self._config.autoplay:
                self._deck.rewind()
                self._deck.play()
            self._deck.record(begun_s)
        due = [(begun_s + moment_s, name) for moment_s, name in self._faults]
        self._agenda.schedule([fault for fault in due if fault[0] >= now_s])

    def recording_stopped(self) -> None:
        """What had not happened yet will not happen any more."""
        self._agenda.cancel()
        self._deck.record(None)

    def truth(self, tape_start_s: float, camera_start_s: float) -> tuple[float, float]:
        """offset_s and drift_ppm of a take whose first frames have these time stamps.

        Each stamp is on its own device's clock; both recordings count from their first frame.
        """
        recipe, rate = self._recipe, 1 + self._recipe.camera_ppm * 1e-6
        played_at_s = self._deck.last.played_at_s or 0.0
        tape_rate, camera_rate = float(recipe.tape_rate), float(CAMERA_RATE)
        tape_began_s = first_frame_after(played_at_s, tape_rate) / tape_rate - tape_start_s
        camera_began_s = first_frame_after(played_at_s / rate, camera_rate) / camera_rate - camera_start_s
        return tape_began_s + recipe.camera_offset_s - rate * camera_began_s, recipe.camera_ppm


def no_such_device(name: str) -> Problem:
    return Problem(
        "no-such-device",
        f"There is no {name.lower()} to plug in",
        "The simulated world was set up without it, or is not ready yet.",
        'Wait until the box is ready; for a camera set sim.camera to "same" or "other".',
    )
