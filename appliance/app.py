"""The only place where objects are built from the configuration; each process starts here."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.core.clock import Clock, RealClock, ScaledClock
from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.realtime import lock_memory, what_is_permitted
from appliance.core.snapshot import BoxState, Command, CommandName
from appliance.deliver.drives import DriveWatcher
from appliance.devices.base import DeviceWatcher

if TYPE_CHECKING:
    from appliance.control.simulated import Simulation
    from appliance.devices.watch import Watcher
    from appliance.panel.panel import Panel

log = logging.getLogger(__name__)
HEARTBEAT_LIMIT_S = 10.0
WORK_LIMIT_S = 900.0  # the longest silent step: a processor compiles the model for itself
FEED_S = 5.0


def clock_of(config: Config) -> Clock:
    return ScaledClock(config.sim.speed) if config.sim.enabled else RealClock()


def drives_of(paths: Paths, config: Config, mounting: bool = False) -> DriveWatcher:
    """One process mounts sticks and lets go of them, the recorder; any other sees what it has mounted."""
    if config.sim.enabled:
        from appliance.sim.card import SimDrives

        return SimDrives(paths)
    if mounting:
        from appliance.deliver.disks import Udisks
        from appliance.deliver.plugged import PluggedDrives
        from appliance.deliver.wish import ask_for_folder

        return PluggedDrives(Udisks(), ask_for_folder=partial(ask_for_folder, paths.run))
    from appliance.deliver.drives import MountedDrives
    from appliance.deliver.mounts import media_folders

    return MountedDrives(media_folders())


def run_recorder(paths: Paths, config: Config) -> None:
    """The recorder process, until SIGTERM or SIGINT."""
    paths.make()
    if not config.sim.enabled:
        log.info("%s; %s", lock_memory(), what_is_permitted())
    with alone(paths.run / "recorder.lock", "recorder"):
        asyncio.run(_record(paths, config))


async def _record(paths: Paths, config: Config) -> None:
    from appliance.control.recorder import Recorder
    from appliance.ops.notify import Watchdog, notify_ready, notify_status, notify_stopping
    from appliance.panel.factory import make_panel

    watcher, simulation = hardware_of(paths, config)
    panel = make_panel(config.panel)
    watchdog = Watchdog()
    watchdog.expect("devices", HEARTBEAT_LIMIT_S)

    def on_state(state: BoxState) -> None:
        notify_status(state.value)
        if panel is not None:
            panel.show(state, recorder.rack.tape_signal)

    def on_tick(heartbeats: list[float]) -> None:
        if panel is not None:
            panel.show(recorder.state, recorder.rack.tape_signal)
        if all(clock_is_fresh(beat) for beat in heartbeats):
            watchdog.beat("devices")
        watchdog.feed()

    recorder = Recorder(
        paths,
        config,
        clock_of(config),
        watcher,
        drives_of(paths, config, mounting=True),
        simulation,
        on_state,
        on_tick,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, recorder.stop)
    if panel is not None:
        listen_to(panel, poster(loop, recorder.command))
        panel.show(recorder.state)
    notify_ready()
    try:
        await recorder.run()
    finally:
        notify_stopping()
        if panel is not None:
            panel.close()


def listen_to(panel: Panel, post: Callable[[CommandName], None]) -> None:
    """What the button does."""
    panel.on_press = partial(post, CommandName.PRESS)
    panel.on_hold = partial(post, CommandName.EJECT)
    panel.on_power_off = partial(post, CommandName.POWER_OFF)


def clock_is_fresh(beat_s: float) -> bool:
    return time.monotonic() - beat_s < HEARTBEAT_LIMIT_S


def poster(
    loop: asyncio.AbstractEventLoop, command: Callable[[Command], object]
) -> Callable[[CommandName], None]:
    """The button's thread posts a command into the recorder's loop."""

    def post(name: CommandName) -> None:
        asyncio.run_coroutine_threadsafe(command(Command(name)), loop)  # type: ignore[arg-type]

    return post


def hardware_of(paths: Paths, config: Config) -> tuple[DeviceWatcher, Simulation | None]:
    """The real devices, or the simulated world with its own."""
    if config.sim.enabled:
        from appliance.sim.world import SimWorld

        world = SimWorld(config.sim, paths, clock_of(config))
        return world.watcher, world
    return watcher_of(paths, config), None


def watcher_of(paths: Paths, config: Config) -> Watcher:
    """Of the real devices; it looks from now on."""
    from appliance.capture.opening import open_device
    from appliance.devices.ports import Ports
    from appliance.devices.udev import Udev
    from appliance.devices.watch import Watcher

    return Watcher(Udev(), open_device, config.devices, Ports(paths.data / "ports.json"))


def run_worker(paths: Paths, config: Config) -> None:
    """The worker process, until SIGTERM or SIGINT; a job that is cut off goes on at the next start."""
    from appliance.ops.notify import Watchdog, notify_ready, notify_stopping
    from appliance.worker.main import Worker

    paths.make()
    with alone(paths.run / "worker.lock", "worker"):
        watchdog = Watchdog()
        watchdog.expect("work", WORK_LIMIT_S)
        worker = Worker(paths, config, drives_of(paths, config), lambda: watchdog.beat("work"))

        def leave(number: int, frame: object) -> None:
            signal.signal(number, signal.SIG_IGN)  # asked once is enough; what is begun is put down in order
            worker.leave()

        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, leave)
            notify_ready()
            threading.Thread(target=feed_forever, args=(watchdog.feed,), name="watchdog", daemon=True).start()
            worker.run()
        finally:
            notify_stopping()
            worker.close()


def feed_forever(feed: Callable[[], object]) -> None:
    """A step of a job may be silent for longer than systemd waits: the watchdog itself knows how long."""
    while True:
        feed()
        time.sleep(FEED_S)


@contextmanager
def alone(path: Path, name: str) -> Iterator[None]:
    """Held by one process at a time, and by none that died; raises Problem for the second one."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Problem(
                "already-running",
                f"A {name} of this box is already running",
                f"Another process holds {path}.",
                "End that one first, or use another folder with --root.",
            ) from error
        yield


def run_web(paths: Paths, config: Config) -> None:
    """The page's process, until SIGTERM or SIGINT."""
    from appliance.ops.notify import Watchdog, notify_ready
    from appliance.web.serve import serve

    paths.make()
    watchdog = Watchdog()  # fed by the server's loop itself: it expects nobody else
    serve(paths, config, on_up=notify_ready, on_turn=watchdog.feed)
