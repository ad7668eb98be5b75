"""Keeps a sound card going: reads it, starts it anew when it falls silent, never troubles the pictures."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from appliance.core.problems import Problem
from appliance.core.realtime import reader_priority
from appliance.core.types import AudioBlock, Issue, Severity
from appliance.devices.base import SoundSource

SILENT_S = 1.0  # without a sample: some drivers never send again after an error on the bus
READ_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # between attempts to start it
KEPT_BLOCKS = 500  # ten seconds
log = logging.getLogger(__name__)


class SoundKeeper:
    """``head``, ``take``, ``alive`` and ``heard_s`` are for whoever holds ``changed``."""

    def __init__(self, source: SoundSource, name: str, changed: threading.Condition) -> None:
        self.source = source
        self.issue: Issue | None = None
        self.alive = False  # samples come
        self.heard_s = float("-inf")  # the time stamp up to which there is sound
        self._name, self._changed = name, changed
        self._blocks: deque[tuple[AudioBlock, float]] = deque(maxlen=KEPT_BLOCKS)
        self._ending = threading.Event()
        self._reopened = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns at once; the card is started by a thread, again and again if need be."""
        self._ending.clear()
        with self._changed:
            self._blocks.clear()
            self.alive, self.heard_s = True, float("-inf")  # the first sound may take a moment
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self.source.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
            self.source.stop()  # the thread may have started it in between

    def head(self) -> tuple[AudioBlock, float] | None:
        """The next block, and when it came."""
        return self._blocks[0] if self._blocks else None

    def take(self) -> AudioBlock:
        return self._blocks.popleft()[0]

    def report(self) -> dict[str, str]:
        return self.source.report() | {"sound restarts": str(self._reopened)}

    def _run(self) -> None:
        reader_priority()
        pause_s = FIRST_PAUSE_S
        while not self._ending.is_set():
            begun_s = time.monotonic()
            why = self._play()
            if self._ending.is_set():
                break
            self._silent(why)
            lasted = self.heard_s > begun_s and time.monotonic() - begun_s > LONGEST_PAUSE_S
            pause_s = FIRST_PAUSE_S if lasted else pause_s
            self._ending.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            self._reopened += 1

    def _play(self) -> Problem | None:
        """Until it fails, which is returned, or falls silent."""
        try:
            self.source.start()
            heard_s = time.monotonic()
            while not self._ending.is_set() and time.monotonic() - heard_s < SILENT_S:
                block = self.source.read(READ_S)
                if block is not None:
                    heard_s = time.monotonic()
                    self._keep(block)
        except Problem as problem:
            return problem
        except Exception:
            log.exception("reading the sound of %s failed", self._name)
        finally:
            self.source.stop()
        return None

    def _keep(self, block: AudioBlock) -> None:
        if self.issue is not None:
            log.info("%s: the sound is back", self._name)
            self.issue = None
        with self._changed:
            self._blocks.append((block, time.monotonic()))
            self.heard_s = block.timestamp_s + len(block.samples) / self.source.rate_hz
            self.alive = True
            self._changed.notify_all()

    def _silent(self, why: Problem | None) -> None:
        with self._changed:
            self.alive = False
            self._changed.notify_all()
        issue = why.issue if why is not None else fell_silent(self._name)
        if self.issue is None or self.issue.code != issue.code:
            log.warning("%s: %s %s", self._name, issue.title, issue.cause)
        self.issue = issue


def fell_silent(name: str) -> Issue:
    return Issue(
        "sound-silent",
        Severity.WARNING,
        f"The sound of {name} has stopped",
        "Its sound card is plugged in but sends nothing; the box starts it anew again and again.",
        "If it does not come back, pull the plug and put it in again. The pictures are recorded meanwhile.",
    )
