"""Keeps a handful of processes running where there is no systemd: the demo and the flow tests."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread, current_thread, main_thread
from typing import BinaryIO, NoReturn

from appliance.core.problems import Problem

log = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1
KILL_S = 10.0  # a killed process ends at once, unless the kernel holds it in a hung disk
LIBC = ctypes.CDLL(None, use_errno=True)  # loaded before any fork


@dataclass(frozen=True)
class Budget:
    """So many restarts within ``within_s`` come at once; more wait for ``rest_s``."""

    restarts: int = 5
    within_s: float = 60.0
    rest_s: float = 30.0

    def delay_s(self, deaths_s: Sequence[float], now_s: float) -> float:
        recent = sum(now_s - death_s < self.within_s for death_s in deaths_s)
        return 0.0 if recent <= self.restarts else self.rest_s


@dataclass(eq=False)
class Child:
    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    start_at_s: float | None = 0.0  # None while it runs
    deaths_s: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    trouble: str = ""  # why it rests


class Supervisor:
    """Starts the commands, restarts what dies, and takes everything down with it.

    ``say`` gets a sentence for every death, rest and kill; what the children print goes to
    ``log_folder/NAME.log``, or where our own output goes. Each child leads its own process group, so a
    Ctrl-C at the terminal reaches only us; as a context manager we end the children on SIGINT, SIGTERM
    and every other way out. Killed ourselves, we leave nothing behind: the kernel then kills them.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        environment: Mapping[str, str] | None = None,
        log_folder: Path | None = None,
        grace_s: float = 10.0,
        budget: Budget = Budget(),
        say: Callable[[str], None] = log.warning,
    ) -> None:
        self._children = {name: Child(name, argv) for name, argv in commands.items()}
        self._environment, self._log_folder = environment, log_folder
        self._grace_s, self._budget, self._say = grace_s, budget, say
        self._events: Queue[Child | int] = Queue()  # a child that died, or the signal to stop with
        self._started = Event()
        # All children are forked by this thread: the kernel ties their lives to it, not to the process.
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def __enter__(self) -> Supervisor:
        if current_thread() is main_thread():
            self._old_handler = signal.signal(signal.SIGTERM, leave)
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        if current_thread() is main_thread():
            signal.signal(signal.SIGTERM, self._old_handler)

    def start(self) -> None:
        """Returns when every command was started once."""
        self._thread.start()
        self._started.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask all to end, kill what is left after the grace time; returns when nothing is left."""
        self._events.put(number)
        self._thread.join()

    def check(self) -> None:
        """Raises Problem while a child rests because it died again and again."""
        trouble = next((child.trouble for child in self._children.values() if child.trouble), "")
        if trouble:
            where = f" Its log is in {self._log_folder}." if self._log_folder else ""
            raise Problem(
                "process-fails",
                "A part of the box fails again and again",
                f"{trouble[0].upper()}{trouble[1:]}.{where}",
                "Run `twinreel doctor`; if it finds nothing, send the log to whoever looks after the box.",
            )

    @property
    def pids(self) -> dict[str, int]:
        """Of those that run."""
        processes = [(name, child.process) for name, child in self._children.items()]
        return {name: process.pid for name, process in processes if process is not None}

    @property
    def restarts(self) -> dict[str, int]:
        return {name: child.restarts for name, child in self._children.items()}

    def _run(self) -> None:
        try:
            number = self._keep_running()
            self._end_all(number)
        finally:
            self._started.set()

    def _keep_running(self) -> int:
        """Until somebody asks to stop; returns the signal to do it with."""
        while True:
            wait_s = self._start_due()
            self._started.set()
            try:
                event = self._events.get(timeout=wait_s)
            except Empty:
                continue
            if not isinstance(event, Child):
                return event
            self._bury(event)

    def _start_due(self) -> float | None:
        """Start whoever is due; seconds until the next one is, None when all run."""
        now_s = time.monotonic()
        for child in self._children.values():
            if child.start_at_s is not None and child.start_at_s <= now_s:
                self._launch(child)
        waits_s = [c.start_at_s - now_s for c in self._children.values() if c.start_at_s is not None]
        return max(0.0, min(waits_s)) if waits_s else None

    def _launch(self, child: Child) -> None:
        try:
            child.process = self._fork(child)
        except OSError as error:
            self._rest(child, f"{child.name} cannot be started: {error}")
            return
        child.start_at_s, child.trouble = None, ""
        Thread(target=self._watch, args=(child, child.process.pid), daemon=True).start()

    def _fork(self, child: Child) -> subprocess.Popen[bytes]:
        with ExitStack() as opened:
            log_file = opened.enter_context(self._log_file(child)) if self._log_folder else None
            return subprocess.Popen(
                child.argv,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()),
            )

    def _log_file(self, child: Child) -> BinaryIO:
        assert self._log_folder is not None
        self._log_folder.mkdir(parents=True, exist_ok=True)
        return (self._log_folder / f"{child.name}.log").open("ab")

    def _watch(self, child: Child, pid: int) -> None:
        """Waits without reaping: the pid stays taken until the group was cleared."""
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self._events.put(child)

    def _bury(self, child: Child) -> None:
        code = self._reap(child)
        self._rest(child, f"{child.name} ended ({reason(code)})")

    def _reap(self, child: Child) -> int:
        """Kill what the dead child left running and forget its process; the exit status."""
        assert child.process is not None
        signal_group(child.process, signal.SIGKILL)
        code = child.process.wait()
        child.process = None
        return code

    def _rest(self, child: Child, what: str) -> None:
        """Plan the next start; says how long it takes."""
        now_s = time.monotonic()
        child.deaths_s.append(now_s)
        delay_s = self._budget.delay_s(child.deaths_s, now_s)
        child.start_at_s = now_s + delay_s
        child.restarts += 1
        child.trouble = what if delay_s else ""
        after = f"it fails again and again, next try in {delay_s:.0f} s" if delay_s else "it is started again"
        self._say(f"{what}; {after}.")

    def _end_all(self, number: int) -> None:
        alive = [child for child in self._children.values() if child.process is not None]
        signal_groups(alive, number)
        stubborn = self._await_deaths(alive, self._grace_s)
        for child in stubborn:
            self._say(f"{child.name} did not end within {self._grace_s:g} s and is killed.")
        signal_groups(stubborn, signal.SIGKILL)
        self._await_deaths(stubborn, KILL_S)

    def _await_deaths(self, children: list[Child], limit_s: float) -> list[Child]:
        """Returns those that still live when the time is over."""
        alive, deadline_s = list(children), time.monotonic() + limit_s
        while alive:
            try:
                event = self._events.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except Empty:
                break
            if isinstance(event, Child):
                alive.remove(event)
                self._reap(event)
        return alive


def leave(number: int, frame: object) -> NoReturn:
    """SIGTERM unwinds the main thread, so that every ``with`` block ends as it should."""
    raise SystemExit(128 + number)


def signal_groups(children: Sequence[Child], number: int) -> None:
    for child in children:
        if child.process is not None:
            signal_group(child.process, number)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def die_with_parent(parent: int) -> Callable[[], None]:
    """For ``preexec_fn``: the kernel kills this process when the thread that forked it ends."""

    def ask_kernel() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went away before we asked
            os._exit(1)

    return ask_kernel


def reason(code: int) -> str:
    """A child's exit status in words."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
