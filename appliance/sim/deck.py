"""The one time line of the simulated world: what the VCR's transport did, and when.

Every change is kept with its moment, so that a reader who is late still sees what was true at a frame's own
time. It is written down as well: a tape goes on playing while the recorder is dead and started again.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from appliance.core.clock import Clock

GOES_ON_S = 120.0  # a recorder that is back within so much more than the tape's length goes on with it


@dataclass(frozen=True)
class Transport:
    """How things stood from ``since_s`` on."""

    since_s: float = float("-inf")
    played_at_s: float | None = None  # None: rewound, the first picture stands
    ended: str = ""  # "blue" or "noise": the tape broke off by hand
    signal: bool = True
    fault: str = ""  # "freeze", "pumping" or "wrong-standard": what befalls the picture


def speed_of(clock: Clock) -> float:
    """Clock seconds in a real one."""
    return float(getattr(clock, "speed", 1.0))


class Deck:
    """Thread-safe. ``now_s`` is the world's time; it survives the process by way of ``file``."""

    def __init__(self, clock: Clock, file: Path, tape_s: float) -> None:
        self._clock, self._file = clock, file
        self._lock = threading.Lock()
        self._history = [Transport()]
        self._base_s = -clock.now_s()
        self._recording_at_s: float | None = None
        self.restored = self._restore(tape_s)

    def _restore(self, tape_s: float) -> bool:
        """Go on with the time line of a recorder that died in mid-recording; says whether there is one."""
        try:
            saved = json.loads(self._file.read_text(encoding="utf-8"))
            away_s = time.monotonic() - float(saved["real_s"])
            speed = speed_of(self._clock)
            if saved["recording_at_s"] is None or not 0 <= away_s < tape_s / speed + GOES_ON_S:
                return False
            self._base_s += float(saved["world_s"]) + away_s * speed
            self._history = [replace(Transport(**saved["transport"]), since_s=float("-inf"))]
            self._recording_at_s = float(saved["recording_at_s"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True

    def now_s(self) -> float:
        return self._clock.now_s() + self._base_s

    def at(self, time_s: float) -> Transport:
        with self._lock:
            return next(state for state in reversed(self._history) if state.since_s <= time_s)

    @property
    def last(self) -> Transport:
        with self._lock:
            return self._history[-1]

    def change(self, **changes: float | str | bool | None) -> None:
        """From now on; such as ``change(signal=False)``."""
        with self._lock:
            now_s = self.now_s()
            self._history.append(replace(self._history[-1], since_s=now_s, **changes))  # type: ignore[arg-type]
        self.save()

    def play(self) -> None:
        """Begins at the first picture, also after the end; does nothing while the tape plays."""
        if self.last.played_at_s is None or self.last.ended:
            self.change(played_at_s=self.now_s(), ended="")

    def rewind(self) -> None:
        self.change(played_at_s=None, ended="")

    def record(self, at_s: float | None) -> None:
        """Note when the box began to record, or None that it no longer does."""
        self._recording_at_s = at_s
        self.save()

    def take_up(self) -> float | None:
        """When the recording began that a recorder died in; asked for once, None after that."""
        restored, self.restored = self.restored, False
        return self._recording_at_s if restored else None

    def save(self) -> None:
        state = {
            "real_s": time.monotonic(),
            "world_s": self.now_s(),
            "recording_at_s": self._recording_at_s,
            "transport": {**asdict(self.last), "since_s": 0.0},
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(self._file)
