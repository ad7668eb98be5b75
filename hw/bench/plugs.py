"""An emulated dongle or camera as the bench holds it: its process, and the log of what it sent."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw.bench.base import SOURCE

ANSWER_S = 30.0


@dataclass(frozen=True)
class Sent:
    """A whole frame that was handed over; ``number`` is painted in it, -1 where it shows no picture."""

    at_s: float  # on the host's CLOCK_MONOTONIC
    frame: int
    scene: str
    number: int
    late_ms: int


class Plugged:
    """Pulled out by ``pull``; to put it back, plug a new one in."""

    def __init__(self, socket: Path, model: str, log: Path, start_s: float) -> None:
        self.model, self._log, self._offset = model, log, log.stat().st_size if log.exists() else 0
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        command = [sys.executable, "-m", "hw.bench.usb", f"--socket={socket}", f"--model={model}"]
        self._process = subprocess.Popen(
            [*command, f"--log={log}", f"--start={start_s}"],
            cwd=SOURCE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("plugged")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))

    def wait(self, event: str, timeout_s: float = ANSWER_S) -> dict[str, Any]:
        """The next event of this name: plugged, streaming, stopped, sounding, silent, ready."""
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                found = self._events.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"the emulated {self.model} never said {event!r}") from None
            if found["event"] == event:
                return found

    def show(self, scene: str) -> None:
        """From now on: picture, blue, noise, black, frozen, or stalled (nothing at all)."""
        self._say(f"scene {scene}")

    def mute(self, silent: bool = True) -> None:
        self._say(f"sound {'off' if silent else 'on'}")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        self.wait("ready")

    def pull(self) -> None:
        self._process.kill()
        self._process.wait()

    def events(self) -> list[dict[str, Any]]:
        """All that this device did since it was plugged in."""
        with self._log.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def sent(self) -> list[Sent]:
        return [
            Sent(event["at_s"], event["frame"], event["scene"], event["number"], event["late_ms"])
            for event in self.events()
            if event["event"] == "frame"
        ]

    def skipped(self) -> int:
        """Frames that were left out because the guest asked for them far too late."""
        return sum(event["count"] for event in self.events() if event["event"] == "skipped")
