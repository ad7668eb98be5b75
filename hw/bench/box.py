"""The box on the bench, and somebody who stands before it: plugs, presses, pulls, looks at the lights."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from shutil import copy

from appliance.core.snapshot import BoxState, CommandName, Snapshot
from appliance.core.types import Issue, Role, TakeState
from appliance.panel.patterns import OFF, PATTERNS, STEADY
from hw.bench.channel import ChannelClosed
from hw.bench.compare import Match, Recorded, SoundCheck, check_sound, match, read_segment
from hw.bench.follower import Follower, Ledger
from hw.bench.guest import Guest
from hw.bench.inspect import Inspection, inspect
from hw.bench.machine import USB_PORTS
from hw.bench.plugs import Plugged
from hw.bench.product import Image
from hw.bench.sticks import Fault, Stick, make_stick
from hw.bench.usb.model import MODELS

PYTHON = "/opt/twinreel/bin/python"
HUGE = """
import os, sqlite3, sys
db = sqlite3.connect("/var/lib/twinreel/journal.db")
take, path = db.execute("SELECT take_id, path FROM artifacts WHERE role='access'").fetchone()
os.truncate(f"/var/lib/twinreel/takes/{take}/{path}", int(sys.argv[1]))
db.execute("UPDATE artifacts SET size_bytes=? WHERE take_id=? AND path=?", (int(sys.argv[1]), take, path))
db.commit()
"""
WATCH = """
import sys, time
for turn in range(int(sys.argv[1])):
    print(*(open(path).read().strip() for path in sys.argv[2:]))
    time.sleep(0.1)
"""
GPIO = "/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio"
TAKES = "/var/lib/twinreel/takes"
LIGHTS, BUTTON = (0, 1, 2), 3  # lines of the board "bench"
SHORT_S, LONG_S, VERY_LONG_S = 1.0, 6.0, 12.0  # of presses; site.toml makes the box as patient
PATIENCE_S = 90.0
SERVICES_S = 300.0


class Box:
    """Of one scenario. ``frames`` collects (sent, recorded) for the table."""

    def __init__(self, image: Image, keep: bool = False) -> None:
        self._image = image
        self.guest = Guest(image, keep)
        self.ledger = Ledger(self.guest.folder / "promises.jsonl")
        self.follower = Follower(self.guest.channel, self.ledger)
        self.frames: list[tuple[int, int]] = []
        self.notes: list[str] = []
        self.plugged: dict[int, Plugged] = {}
        self._sticks: list[Stick] = []
        self._scene_s = time.monotonic()

    # Hands.

    def plug(self, model: str) -> Plugged:
        """A dongle or a camera, into a free port; all show and hear the same scene."""
        port = next(port for port in range(USB_PORTS) if port not in self.plugged)
        log = self.guest.folder / f"{model}-{len(self.plugged)}-{time.monotonic_ns()}.jsonl"
        device = Plugged(self.guest.folder / f"usb{port}", model, log, self._scene_s)
        self.plugged[port] = device
        return device

    def pull(self, device: Plugged) -> None:
        device.pull()
        self.plugged = {port: one for port, one in self.plugged.items() if one is not device}

    def insert(
        self,
        kind: str = "exfat",
        megabytes: int = 200,
        fault: Fault | None = None,
        template: Path | None = None,
    ) -> Stick:
        """A new stick of this file system, or one with the contents of ``template``."""
        name = f"stick{len(self._sticks)}"
        path = self.guest.folder / f"{name}.img"
        stick = Stick(name, copy(template, path) if template else make_stick(path, kind, megabytes), kind)
        self._sticks.append(stick)
        stick.insert(self.guest.qmp, fault)
        return stick

    def look_at(self, stick: Stick) -> Inspection:
        """Pull the stick and look at what lies on it, with another machine; this one stands still."""
        if stick.inserted:
            stick.pull(self.guest.qmp)
        self.guest.qmp.command("stop")
        try:
            return inspect(self._image, stick.path, stick.kind)
        finally:
            self.guest.qmp.command("cont")

    def press(self, seconds: float = SHORT_S) -> None:
        """The button, with a finger; the box may be off before a very long press ends."""
        line = self.guest.run(f"echo {GPIO}{BUTTON}/pull").strip()
        with suppress(ChannelClosed) if seconds >= VERY_LONG_S else nullcontext():
            self.guest.channel.pulse(line, ("pull-down", seconds), ("pull-up", 0.0))

    def do(self, name: CommandName, argument: str = "") -> Issue | None:
        """A command from the page; the issue says why it was refused."""
        return self.follower.command(name, argument)

    def configure(self, text: str) -> None:
        """More of the site's configuration; the services start anew."""
        self.guest.run("cat >> /etc/twinreel/site.toml", text.encode())
        self.restart()

    def restart(self) -> None:
        """The three services, until they are up."""
        units = "twinreel-recorder twinreel-worker twinreel-web"
        self.guest.run(f"systemctl restart {units}", timeout_s=SERVICES_S)

    # Eyes.

    def until(
        self, condition: Callable[[Snapshot], object], what: str, timeout_s: float = PATIENCE_S
    ) -> Snapshot:
        try:
            return self.follower.until(condition, what, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.guest.journal()}") from None

    def until_state(self, state: BoxState, timeout_s: float = PATIENCE_S) -> Snapshot:
        return self.until(lambda s: s.state is state, f"state {state.value}", timeout_s)

    def until_ready(self, devices: int = 2, timeout_s: float = PATIENCE_S) -> Snapshot:
        """Ready to record, with so many devices that deliver pictures."""
        return self.until(
            lambda s: s.state is BoxState.READY and sum(one.frames > 0 for one in s.devices) == devices,
            f"ready with {devices} devices",
            timeout_s,
        )

    def until_recording(self, frames: int, timeout_s: float = PATIENCE_S) -> Snapshot:
        return self.until(
            lambda s: s.recording and s.recording.tape_frames >= frames,
            f"{frames} frames on the spool",
            timeout_s,
        )

    def until_take(self, state: TakeState, timeout_s: float = PATIENCE_S) -> Snapshot:
        """The newest take has come so far, or farther."""
        order = list(TakeState)
        return self.until(
            lambda s: s.takes and order.index(s.takes[0].state) >= order.index(state), state.value, timeout_s
        )

    def until_issue(self, code: str, timeout_s: float = PATIENCE_S) -> Snapshot:
        return self.until(lambda s: any(issue.code == code for issue in s.issues), code, timeout_s)

    def lights(self, seconds: float = 2.5) -> list[tuple[bool, bool, bool]]:
        """What they were, ten times a second."""
        arguments = " ".join(f"{GPIO}{line}/value" for line in LIGHTS)
        said = self.guest.run(f"python3 -ISc '{WATCH}' {round(10 * seconds)} {arguments}")
        rows = [line.split() for line in said.splitlines()]
        return [(row[0] == "1", row[1] == "1", row[2] == "1") for row in rows]

    def until_shows(self, state: BoxState) -> None:
        """The lights say this; a guest that was resumed a moment ago needs a moment itself."""
        self.guest.wait_for(lambda: self.shows(state), f"the lights of {state.value}")

    def shows(self, state: BoxState) -> bool:
        """Whether the lights say this: steady, dark, or changing as its pattern does."""
        seen = self.lights()
        for rhythm, column in zip(PATTERNS[state], zip(*seen, strict=True), strict=True):
            wanted = {STEADY: {True}, OFF: {False}}.get(rhythm, {True, False})
            if set(column) != wanted:
                return False
        return True

    # What became of it.

    def take_id(self) -> str:
        return sorted(self.guest.run(f"ls {TAKES}").split())[-1]

    def take_facts(self, take_id: str = "") -> dict:  # type: ignore[type-arg]
        return json.loads(self.guest.read_file(f"{TAKES}/{take_id or self.take_id()}/take.json"))  # type: ignore[no-any-return]

    def segments(self, role: Role, take_id: str = "") -> list[Recorded]:
        """Every segment of a role, read back from the spool."""
        take_id = take_id or self.take_id()
        names = self.guest.run(f"cd {TAKES}/{take_id} && ls {role.value}-*.mkv", check=False).split()
        return [
            read_segment(self.guest.read_file(f"{TAKES}/{take_id}/{name}"))
            for name in names
            if ".mkv" in name
        ]

    def compare(self, device: Plugged, recorded: Recorded) -> Match:
        """What the device sent against one segment; counted for the table."""
        found = match(device.sent(), recorded.numbers)
        self.frames.append((found.sent, found.recorded))
        return found

    def sound(self, device: Plugged, recorded: Recorded) -> SoundCheck:
        model, sent = MODELS[device.model], device.sent()
        rate = (model.mjpeg or model.yuyv)[0].rate
        return check_sound(sent, match(sent, recorded.numbers), recorded, float(1 / rate))

    def make_film_huge(self, size_bytes: int) -> None:
        """The waiting take's film becomes a sparse file of this size, in folder and journal."""
        self.guest.run(f"{PYTHON} - {size_bytes}", HUGE.encode(), timeout_s=30)

    # Bad luck.

    def kill(self) -> None:
        """The power goes: the guest is dead, what is plugged in is out of its sockets."""
        self.follower.close()
        self.guest.kill()
        for device in self.plugged.values():
            device.pull()
        self.plugged = {}

    def boot(self) -> None:
        """The power is back; sticks are as they were, cables have to be plugged in again."""
        self.guest.boot()
        self.follow()

    def follow(self) -> None:
        """Listen to the recorder of a guest that has just been booted."""
        self.follower.close()
        self.follower = Follower(self.guest.channel, self.ledger)

    def close(self) -> None:
        self.follower.close()
        for device in self.plugged.values():
            device.pull()
        self.guest.close()

    def folder(self) -> Path:
        return self.guest.folder
