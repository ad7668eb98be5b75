"""QEMU's control socket: commands and their answers; events are kept."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from hw.bench.channel import connect

ANSWER_S = 60.0


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    def __init__(self, path: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = connect(path)
        self._stream = self._socket.makefile("rwb", buffering=0)
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._answers: list[dict[str, Any]] = []
        self._closed = False
        threading.Thread(target=self._read, name="qmp", daemon=True).start()
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: Any) -> Any:
        """The answer; raises QmpError where QEMU refuses it or is gone."""
        dashed = {key.replace("_", "-"): value for key, value in arguments.items()}
        with self._lock:
            try:
                self._stream.write(json.dumps({"execute": name, "arguments": dashed}).encode() + b"\n")
            except OSError as error:
                raise QmpError(str(error)) from error
            with self._changed:
                if (
                    not self._changed.wait_for(lambda: self._answers or self._closed, ANSWER_S)
                    or not self._answers
                ):
                    raise QmpError(f"{name} was not answered")
                answer = self._answers.pop(0)
        if "error" in answer:
            raise QmpError(f"{name}: {answer['error']['desc']}")
        return answer["return"]

    def monitor(self, line: str) -> str:
        """A command of QEMU's monitor for people."""
        return str(self.command("human-monitor-command", command_line=line))

    def wait_event(self, name: str, timeout_s: float, since: int = 0) -> dict[str, Any]:
        """The first event of that name after the first ``since`` events."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events[since:] if event["event"] == name), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._closed, timeout_s)
            event = found()
        if event is None:
            raise QmpError(f"no event {name} within {timeout_s:.0f} s")
        return event

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> None:
        try:
            while line := self._stream.readline():
                self._keep(json.loads(line))
        except (OSError, ValueError):
            pass  # QEMU was killed
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _keep(self, message: dict[str, Any]) -> None:
        with self._changed:
            if "event" in message:
                self.events.append({**message, "seen_s": time.monotonic()})
            elif "QMP" not in message:
                self._answers.append(message)
            self._changed.notify_all()
