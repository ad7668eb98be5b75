"""The box on simulated hardware: starts the processes, shows the panel; with --auto presses the button."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.app import alone
from appliance.core.config import SimConfig, load_config, validate
from appliance.core.journal import Journal
from appliance.core.link import Link
from appliance.core.paths import Paths, check_writable
from appliance.core.problems import Problem
from appliance.core.snapshot import BoxState, Command, CommandName, Snapshot
from appliance.core.types import Issue, Role, Severity, TakeState
from appliance.core.wire import Hello, SnapshotUpdate
from appliance.ops.supervise import Supervisor
from appliance.panel.terminal import panel_line
from appliance.sim.faults import parse_fault

START_LIMIT_S = 60.0
PATIENCE_S, PATIENCE_PER_SECOND = 400.0, 90.0
SIGNATURE = "# Written by `twinreel demo`."
ENDED = (TakeState.DELIVERED, TakeState.FAILED)


@dataclass(frozen=True)
class DemoSettings:
    root: Path
    cache: Path
    seconds: float
    standard: str = "pal"
    wear: str = "good"
    camera: str = "same"
    size: str = "full"
    speed: float = 1.0
    port: int = 8020
    faults: tuple[str, ...] = ()
    end_of_tape_s: float = 5.0

    @property
    def paths(self) -> Paths:
        return Paths(self.root, self.cache)


def site_of(settings: DemoSettings) -> dict[str, dict[str, Any]]:
    """The configuration of the demo's box."""
    sim = {
        name: getattr(settings, name) for name in ("seconds", "standard", "wear", "camera", "size", "speed")
    }
    missed_s = min(SimConfig().camera_offset_s, settings.seconds / 4)  # a short tape has too little to miss
    return {
        "capture": {"end_of_tape_s": settings.end_of_tape_s},
        "web": {"port": settings.port},
        "panel": {"backend": "mock"},
        "sim": {"enabled": True, **sim, "camera_offset_s": missed_s, "faults": list(settings.faults)},
    }


def check_settings(settings: DemoSettings) -> None:
    """Raises Problem for words and numbers that mean nothing, before anything is started or written."""
    validate(site_of(settings), "of this command")
    for fault in settings.faults:
        parse_fault(fault)
    path = settings.paths.site_config
    if path.is_file() and not path.read_text(encoding="utf-8", errors="replace").startswith(SIGNATURE):
        raise Problem(
            "root-in-use",
            f"{settings.root} belongs to a box that is no demo",
            f"{path} was not written by `twinreel demo`, which would write over it.",
            "Give the demo a folder of its own with --root or TWINREEL_ROOT.",
        )


def write_site(settings: DemoSettings) -> None:
    """`var/lib/twinreel/device.toml` below the root overrides what is written here."""
    lines = [SIGNATURE]
    for section, values in site_of(settings).items():
        lines += ["", f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    path = settings.paths.site_config
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    load_config(settings.paths)


@contextmanager
def alone_on(settings: DemoSettings) -> Iterator[None]:
    """One demo at a time on a root: two recorders would fight over one socket."""
    check_writable(settings.paths.run)
    with alone(settings.paths.run / "demo.lock", "demo"):
        yield


def box(root: Path, cache: Path) -> Supervisor:
    """The three processes, not started yet."""
    environment = dict(os.environ, TWINREEL_ROOT=str(root), TWINREEL_CACHE=str(cache))
    me = [sys.executable, "-m", "appliance"]
    commands = {name: [*me, name] for name in ("record", "worker", "web")}
    return Supervisor(commands, environment, log_folder=root / "var/log/twinreel")


def check_port(port: int) -> None:
    """A web process that cannot have its port would only be started again and again."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise Problem(
            "page-address-taken",
            f"Port {port} is taken",
            f"Another program, perhaps another demo, serves it ({error.strerror or error}).",
            "End that program, or choose another port: `twinreel demo --port 0` takes any free one.",
        ) from error


def page_address(paths: Paths, processes: Supervisor) -> str:
    """Where the page is, once the web process listens."""
    file = paths.run / "web.port"
    until_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until_s:
        if file.is_file() and (text := file.read_text().strip()):
            return f"http://127.0.0.1:{text}/"
        processes.check()
        time.sleep(0.05)
    raise Problem(
        "page-missing",
        "The page did not come up",
        f"The web process did not listen within {START_LIMIT_S:.0f} s.",
        f"Look into {paths.root / 'var/log/twinreel/web.log'}.",
    )


def snapshots(paths: Paths) -> Iterator[tuple[Link, Snapshot] | None]:
    """Every snapshot, with the link to answer on; goes on through restarts of the recorder.

    None where nothing new was heard for a moment, so that whoever waits can look at the clock.
    """
    while True:
        try:
            link = Link(paths.socket, Hello("cli"))
        except Problem:
            yield None
            time.sleep(0.1)
            continue
        try:
            while True:
                message = link.receive(1.0)
                yield (link, message.snapshot) if isinstance(message, SnapshotUpdate) else None
        except Problem:
            pass
        finally:
            link.close()


class Screen:
    """The box's panel and sentence: one line that changes on a terminal, one line per change elsewhere."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, snapshot: Snapshot) -> None:
        line = panel_line(snapshot.state, snapshot.sentence, time.monotonic(), snapshot.tape_signal)
        words = f"{snapshot.state.value}: {snapshot.sentence}"
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="", flush=True)
        elif self._change(words):
            print(words, flush=True)

    def _change(self, words: str) -> bool:
        """Numbers alone are no change worth a line in a log."""
        bare = "".join(c for c in words if not c.isdigit())
        changed, self._last = bare != self._last, bare
        return changed


def run_demo(settings: DemoSettings) -> int:
    """Run until Ctrl-C."""
    check_settings(settings)
    check_port(settings.port)
    with alone_on(settings):
        write_site(settings)
        run_until_interrupted(settings.root, settings.cache)
    return 0


def run_until_interrupted(root: Path, cache: Path) -> None:
    """Nobody else may run a box on this root."""
    paths = Paths(root, cache)
    for old in (paths.run / "web.port", paths.power_off):
        old.unlink(missing_ok=True)
    with box(root, cache) as processes:
        try:
            address = page_address(paths, processes)
            print(f"The box is up. Its page: {address}   (Ctrl-C switches it off)", flush=True)
            show_until_interrupted(paths, processes)
        except KeyboardInterrupt:
            print("\nSwitching off ...", flush=True)


def show_until_interrupted(paths: Paths, processes: Supervisor) -> None:
    screen = Screen()
    for heard in snapshots(paths):
        if heard is not None:
            screen.show(heard[1])
        if paths.power_off.exists():  # the button Switch off: here the demo is the machine
            return
        processes.check()


def run_auto(settings: DemoSettings, out: Path, quiet: bool) -> dict[str, Any]:
    """One take without a hand; the films end in ``out``. Raises Problem when it fails, or takes too long."""
    check_settings(settings)
    check_writable(out)
    if settings.root.exists():
        shutil.rmtree(settings.root)
    with alone_on(settings):
        write_site(settings)
        with box(settings.root, settings.cache) as processes:
            take_id, times = Conductor(settings, processes, quiet).conduct()
            journal = Journal(settings.paths.journal)
            try:
                return collect(settings.paths, journal, take_id, out) | times
            finally:
                journal.close()


class Conductor:
    """Presses record when everything is ready, and waits until the take is on the stick."""

    def __init__(self, settings: DemoSettings, processes: Supervisor, quiet: bool) -> None:
        self._settings = settings
        self._processes = processes
        self._screen = None if quiet else Screen()
        self._begun_s = time.monotonic()
        self._limit_s = limit_s(settings)
        self._times: dict[str, float] = {}

    def conduct(self) -> tuple[str, dict[str, float]]:
        """The take's id, and after how many seconds what was reached. Raises Problem."""
        for heard in snapshots(self._settings.paths):
            self._processes.check()
            if heard is not None and (take := self._look(*heard)) is not None:
                return take, self._times
            if time.monotonic() - self._begun_s > self._limit_s:
                raise too_slow(self._limit_s)
        raise AssertionError("snapshots never end")

    def _look(self, link: Link, snapshot: Snapshot) -> str | None:
        if self._screen is not None:
            self._screen.show(snapshot)
        newest = snapshot.takes[0] if snapshot.takes else None
        if newest is not None and newest.state in ENDED:
            self._reached("to_delivered_s")
            return newest.id
        if newest is None and ready(snapshot, self._settings):
            self._reached("to_ready_s")
            self._press(link)
        elif stuck(snapshot):
            raise problem_of(snapshot.issues[0])
        return None

    def _press(self, link: Link) -> None:
        issue = link.command(Command(CommandName.RECORD))
        if issue is not None and issue.severity is not Severity.NOTICE:
            raise problem_of(issue)

    def _reached(self, name: str) -> None:
        self._times.setdefault(name, round(time.monotonic() - self._begun_s, 1))


def limit_s(settings: DemoSettings) -> float:
    """Rendering, playing and restoring on a slow machine that is busy with other things too."""
    return PATIENCE_S + PATIENCE_PER_SECOND * settings.seconds


def stuck(snapshot: Snapshot) -> bool:
    """Whether the box waits for a person, and nothing goes on that could still end well."""
    under_way = snapshot.takes and snapshot.takes[0].state is not TakeState.FINISHED
    return bool(
        snapshot.state is BoxState.ATTENTION
        and snapshot.job is None
        and not under_way
        and any(issue.severity is not Severity.NOTICE for issue in snapshot.issues)
    )


def problem_of(issue: Issue) -> Problem:
    return Problem(issue.code, issue.title, issue.cause, issue.remedy, issue.severity)


def too_slow(limit: float) -> Problem:
    return Problem(
        "not-delivered",
        "The take was not delivered",
        f"It was not done after {limit:.0f} s, and nothing says why.",
        "Try a shorter tape or `--size quarter`; if it happens again, run `twinreel doctor`.",
    )


def ready(snapshot: Snapshot, settings: DemoSettings) -> bool:
    roles = {status.info.role for status in snapshot.devices}
    wanted = {Role.TAPE} if settings.camera == "none" else {Role.TAPE, Role.CAMERA}
    return snapshot.state is BoxState.READY and wanted <= roles


def collect(paths: Paths, journal: Journal, take_id: str, out: Path) -> dict[str, Any]:
    """What was delivered, copied to ``out``, and what is known of how it was made."""
    receipts = journal.receipts(take_id)
    if not receipts:
        job = journal.job(take_id)
        if job is not None and job.issue is not None:
            raise problem_of(job.issue)
        raise Problem("not-delivered", "The take was not delivered", "No stick took it.", "See the page.")
    receipt = receipts[-1]
    target = out / Path(receipt.folder).name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(receipt.folder, target, copy_function=link_or_copy)
    folder = paths.take(take_id)
    return {
        "take": take_id,
        "folder": str(target),
        "files": [
            {"name": a.path, "role": a.role.value, "size_bytes": a.size_bytes, "sha256": a.sha256}
            for a in receipt.artifacts
        ],
        "sync": next(iter(read_json(folder / "work/sync-00.json").get("clips", ())), {}),
        "truth": read_json(folder / "truth.json"),
        "stages_s": read_json(folder / "work/seconds.json"),
        "take_facts": read_json(folder / "take.json"),
    }


def link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def print_table(result: dict[str, Any]) -> None:
    """The delivered files, the sync beside the truth, the seconds of each stage."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    files = Table(title=f"Delivered: {result['folder']}")
    for column in ("file", "role", "size", "SHA-256"):
        files.add_column(column, justify="right" if column == "size" else "left", no_wrap=column != "file")
    for row in result["files"]:
        files.add_row(row["name"], row["role"], f"{row['size_bytes'] / 1e6:.2f} MB", row["sha256"][:12])
    console.print(files)
    console.print(sync_table(result))
    seconds = Table(title="Seconds")
    for name in [*result["stages_s"], "to_ready_s", "to_delivered_s"]:
        seconds.add_column(name.replace("_", " "), justify="right")
    values = [*result["stages_s"].values(), result.get("to_ready_s", 0.0), result["to_delivered_s"]]
    seconds.add_row(*(f"{value:.1f}" for value in values))
    console.print(seconds)


def sync_table(result: dict[str, Any]):  # type: ignore[no-untyped-def]
    from rich.table import Table

    found, truth = result["sync"], result["truth"]
    table = Table(title="Sync", caption=found.get("reason") or None)
    for column in ("", "offset", "drift", "confidence"):
        table.add_column(column, justify="right")
    if found.get("offset_s") is None:
        table.add_row("found", "none", "", "")
        return table
    table.add_row(
        "found", f"{found['offset_s']:.4f} s", f"{found['drift_ppm']:.1f} ppm", f"{found['confidence']:.2f}"
    )
    if truth:
        table.add_row("truth", f"{truth['offset_s']:.4f} s", f"{truth['drift_ppm']:.1f} ppm", "")
        error_ms = 1000 * (found["offset_s"] - truth["offset_s"])
        table.add_row(
            "off by", f"{error_ms:.2f} ms", f"{found['drift_ppm'] - truth['drift_ppm']:.1f} ppm", ""
        )
    return table
