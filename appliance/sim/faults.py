"""What a visitor's hand, or bad luck, can do to the simulated world, and doing it at a set time."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence

from appliance.core.paths import Paths
from appliance.core.problems import Problem

ACTIONS: dict[str, str] = {
    "play": "Press play on the VCR",
    "rewind": "Rewind the tape to its first picture",
    "unplug-tape": "Pull the capture cable of the VCR",
    "plug-tape": "Plug the capture cable of the VCR in",
    "unplug-camera": "Pull the camera's cable",
    "plug-camera": "Plug the camera in",
    "no-signal": "Pull the video cable between VCR and capture dongle",
    "signal": "Plug that video cable in again",
    "freeze": "The capture dongle repeats its last picture, without sound",
    "pumping": "A copy protection makes the picture lighter and darker",
    "wrong-standard": "The tape is of the other television standard",
    "steady": "The picture is as it should be again",
    "end-blue": "The tape breaks off: the VCR shows blue",
    "end-noise": "The tape breaks off: the VCR shows snow",
    "plug-stick": "Plug the USB stick in",
    "unplug-stick": "Pull the USB stick",
    "fill-stick": "Fill the USB stick up",
    "empty-stick": "Empty the USB stick",
    "lock-stick": "Make the USB stick read-only",
    "unlock-stick": "Make the USB stick writable",
    "wear-stick-out": "The USB stick gives back something else than it was given",
    "plug-card": "Plug the camera's card in",
    "unplug-card": "Pull the camera's card",
    "kill-recorder": "The recorder process dies at once",
    "kill-worker": "The worker process dies at once",
}
WAKE_S = 0.5  # the clock of a simulated world may stand still or run fast: look at it now and then


def kill_recorder() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_worker(paths: Paths) -> None:
    file = paths.run / "worker.pid"
    try:
        os.kill(int(file.read_text()), signal.SIGKILL)
    except (OSError, ValueError) as error:
        raise Problem(
            "worker-not-running",
            "There is no worker to kill",
            f"{file} names no running process.",
            "Start the worker first.",
        ) from error


def unknown(action: str) -> Problem:
    return Problem(
        "unknown-action",
        f"Nobody knows how to '{action}'",
        "The simulated world has no such hand and no such fault.",
        f"Choose one of: {', '.join(ACTIONS)}.",
    )


def parse_fault(text: str) -> tuple[float, str]:
    """'NAME@SECONDS' as (seconds into the recording, name)."""
    name, _, moment = text.partition("@")
    if name not in ACTIONS:
        raise unknown(name)
    try:
        return float(moment), name
    except ValueError as error:
        raise Problem(
            "fault-without-time",
            f"The fault '{text}' does not say when",
            "A fault is a name and a number of seconds into the recording.",
            f"Write it like {name}@5.",
        ) from error


class Agenda:
    """Does each thing when the world's time has come for it, from a thread of its own."""

    def __init__(self, now_s: Callable[[], float], speed: float, act: Callable[[str], None]) -> None:
        self._now_s, self._speed, self._act = now_s, speed, act
        self._cancelled = threading.Event()

    def schedule(self, faults: Sequence[tuple[float, str]]) -> None:
        """Replaces what was planned. Moments are in the world's time."""
        self.cancel()
        self._cancelled = threading.Event()
        if faults:
            arguments = (sorted(faults), self._cancelled)
            threading.Thread(target=self._run, args=arguments, name="faults", daemon=True).start()

    def cancel(self) -> None:
        self._cancelled.set()

    def _run(self, faults: Sequence[tuple[float, str]], cancelled: threading.Event) -> None:
        for moment_s, name in faults:
            while (left_s := moment_s - self._now_s()) > 0:
                if cancelled.wait(min(left_s / self._speed, WAKE_S)):
                    return
            if cancelled.is_set():
                return
            self._act(name)
