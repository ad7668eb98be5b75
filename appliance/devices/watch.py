"""Knows which real devices are plugged in: a thread listens to udev and looks when it has calmed down."""

from __future__ import annotations

import errno
import logging
import os
import select
import threading
import time
from collections.abc import Callable

from appliance.core.config import DevicesConfig
from appliance.core.problems import DeviceLost
from appliance.core.types import DeviceInfo, Issue
from appliance.devices.base import DeviceChange, MediaSource
from appliance.devices.debounce import Debounce
from appliance.devices.found import Facts, Found, Node, Plugged
from appliance.devices.issues import denied, mute_node
from appliance.devices.ports import Ports
from appliance.devices.probe import probe
from appliance.devices.roles import Census, take_census
from appliance.devices.udev import Bus

QUIET_S = 0.7  # the parts of one device come one after the other, in any order
TRIES = 5  # to look at a node that did not answer
GONE = (errno.ENODEV, errno.ENOENT, errno.ENXIO)
log = logging.getLogger(__name__)


class Watcher:
    """A DeviceWatcher. Devices are listed in the order in which to use them, one of each role."""

    def __init__(
        self,
        bus: Bus,
        opener: Callable[[Found], MediaSource],
        config: DevicesConfig,
        ports: Ports,
        ask: Callable[[str], Facts | None] = probe,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._bus, self._opener, self._config, self._ports, self._ask = bus, opener, config, ports, ask
        self._census = Census()
        self._facts: dict[Node, Facts | None] = {}
        self._failed: dict[Node, int] = {}  # how often
        self._denied: set[str] = set()
        self._silent: set[str] = set()  # nodes that never told what they are
        self._sources: dict[str, MediaSource] = {}
        self._mute: set[str] = set()  # opened when there was no sound card of theirs
        self._listeners: list[Callable[[DeviceChange], None]] = []
        self._lock, self._scanning = threading.Lock(), threading.Lock()
        self._debounce = Debounce(quiet_s)
        self._looked = threading.Event()
        self._closing = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="devices", daemon=True)
        self._thread.start()

    def wait_for_first_look(self, timeout_s: float) -> bool:
        return self._looked.wait(timeout_s)

    def found(self) -> tuple[Found, ...]:
        with self._lock:
            return self._census.found

    def devices(self) -> tuple[DeviceInfo, ...]:
        return tuple(found.info for found in self.found())

    def issues(self) -> tuple[Issue, ...]:
        """Also what the open devices tell of themselves."""
        with self._lock:
            told = [*self._census.issues, *map(denied, sorted(self._denied))]
            told += map(mute_node, sorted(self._silent))
            sources = [self._sources.get(found.info.id) for found in self._census.found]
        told += [issue for source in sources if (issue := getattr(source, "issue", None)) is not None]
        return tuple(told)

    def subscribe(self, on_change: Callable[[DeviceChange], None]) -> None:
        with self._lock:
            self._listeners.append(on_change)

    def open(self, device_id: str) -> MediaSource:
        """Raises Problem when it is gone or does not work; the place is remembered for its role.

        Gone is also one that was pulled and put back a moment ago: it is told of anew when all its parts are
        there, and whoever had opened it before would lose it once more then.
        """
        found = self._found(device_id)
        if found is None or not self._still_there(found):
            raise DeviceLost(device_id)
        source = self._opener(found)
        self._ports.remember(found)
        with self._lock:
            self._sources[device_id] = source
            self._mute.discard(device_id)
            if found.card is None:
                self._mute.add(device_id)
        now = self._found(device_id)
        if found.card is None and now is not None and now.card is not None:  # it came in between
            source.stop()
            return self.open(device_id)
        return source

    def _still_there(self, found: Found) -> bool:
        with self._scanning:
            nodes = self._bus.scan().nodes
        return any((node.path, node.plugged) == (found.node, found.plugged) for node in nodes)

    def _found(self, device_id: str) -> Found | None:
        return next((found for found in self.found() if found.info.id == device_id), None)

    def close(self) -> None:
        with self._lock:
            self._listeners.clear()
            closing, self._closing = self._closing, True
        if closing:
            return
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._bus.fileno(), select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        self._look()
        self._looked.set()
        while not self._closing:
            poll.poll(self._debounce.wait_ms(time.monotonic()))
            if self._bus.drain():
                self._debounce.stir(time.monotonic())
            if self._debounce.due(time.monotonic()) and not self._closing:
                self._look()

    def _look(self) -> None:
        try:
            with self._scanning:
                plugged = self._bus.scan()
            self._ask_nodes(plugged)
            with self._lock:
                before = self._census
                self._census = take_census(plugged, self._facts, self._config, self._ports.liking)
                now = self._census
        except Exception:
            log.exception("looking for devices failed")
            return
        self._tell(before, now)

    def _ask_nodes(self, plugged: Plugged) -> None:
        """Only those that are new: asking disturbs nobody, but it takes its time."""
        self._facts = {node: facts for node, facts in self._facts.items() if node in plugged.nodes}
        self._failed = {node: times for node, times in self._failed.items() if node in plugged.nodes}
        paths = {node.path for node in plugged.nodes}
        with self._lock:
            self._denied &= paths
            self._silent &= paths
        for node in plugged.nodes:
            if node not in self._facts and self._failed.get(node, 0) < TRIES:
                self._ask_node(node)

    def _ask_node(self, node: Node) -> None:
        try:
            self._facts[node] = self._ask(node.path)
            self._failed.pop(node, None)
            with self._lock:
                self._denied.discard(node.path)
                self._silent.discard(node.path)
        except OSError as error:
            log.warning("%s does not tell what it is: %s", node.path, error)
            self._note_failure(node, error)
            self._debounce.stir(time.monotonic())

    def _note_failure(self, node: Node, error: OSError) -> None:
        gone = error.errno in GONE
        self._failed[node] = TRIES if gone else self._failed.get(node, 0) + 1
        with self._lock:
            if error.errno == errno.EACCES:
                self._denied.add(node.path)
            elif self._failed[node] >= TRIES and not gone:
                self._silent.add(node.path)

    def _tell(self, before: Census, now: Census) -> None:
        old = {(one.info.id, one.plugged): one for one in before.found}
        new = {(one.info.id, one.plugged): one for one in now.found}
        with self._lock:
            # Its driver may load late; a device that was opened without sound is given out once more.
            late = {key for key, one in new.items() if one.card is not None and one.info.id in self._mute}
            self._mute -= {device_id for device_id, _ in late}
            gone = [one for key, one in old.items() if key not in new or key in late]
            come = [one for key, one in new.items() if key not in old or key in late]
            listeners = list(self._listeners)
            for one in gone:
                self._sources.pop(one.info.id, None)
        for one, present in [(one, False) for one in gone] + [(one, True) for one in come]:
            state = f"there: {one.reason}" if present else "gone"
            log.info("%s at port %s is %s", one.info.name, one.info.port, state)
            for on_change in listeners:
                try:
                    on_change(DeviceChange(one.info, present))
                except Exception:  # whoever listens badly must not end the looking
                    log.exception("telling of %s failed", one.info.name)
