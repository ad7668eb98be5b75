"""A guest: resumed in a second from the saved machine, killed, booted again with the same disks."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import TypeVar

from hw.bench.channel import Channel, ChannelClosed, Ran
from hw.bench.machine import Machine, overlay
from hw.bench.product import BOOT_S, Image, load
from hw.bench.qmp import Qmp

RESUME_S = 60.0
POLL_S = 0.2
Found = TypeVar("Found")


class Guest:
    """``folder`` holds the disks and logs of one scenario; it is removed at the end unless ``keep``."""

    def __init__(self, image: Image, keep: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="twinreel-vm-"))
        self.image, self._keep = image, keep
        self._disks = [
            overlay(base, self.folder / f"{name}.qcow2")
            for name, base in (("root", image.root), ("spool", image.spool))
        ]
        self._after_boot: list[Callable[[], None]] = []
        self._start(resume=True)

    def _start(self, resume: bool) -> None:
        saved = self.image.saved if resume else None
        self.machine = Machine(self.folder, self.image.kernel, self._disks, self.image.kind, saved)
        try:
            self.qmp = Qmp(self.folder / "qmp")
            if saved is not None:
                load(self.qmp, saved)
            self.channel = Channel(self.folder / "agent")
        except ChannelClosed:
            raise ChannelClosed(f"QEMU did not start: {self.machine.log}") from None
        if resume:
            self.run(f"date -u -s @{time.time():.2f} >/dev/null", timeout_s=RESUME_S)
        else:
            self.channel.wait_until_up(BOOT_S)

    def run(self, command: str, data: bytes = b"", timeout_s: float = 60.0, check: bool = True) -> str:
        """What a shell command in the guest says; raises AssertionError where it fails."""
        ran = self.try_run(command, data, timeout_s)
        assert not check or ran.code == 0, f"{command} failed with {ran.code}: {ran.text[-3000:]}"
        return ran.text

    def try_run(self, command: str, data: bytes = b"", timeout_s: float = 60.0) -> Ran:
        return self.channel.run(command, data, timeout_s)

    def read_file(self, path: str) -> bytes:
        ran = self.try_run(f"cat {shlex.quote(path)}", timeout_s=120)
        assert ran.code == 0, ran.text[-300:]
        return ran.data

    def write_file(self, path: str, data: str | bytes) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self.run(f"cat > {shlex.quote(path)}", raw)

    def wait_for(self, condition: Callable[[], Found], what: str, timeout_s: float = 60.0) -> Found:
        """The first result of ``condition`` that is true; AssertionError with ``what`` after the time-out."""
        until_s = time.monotonic() + timeout_s
        while not (found := condition()):
            assert time.monotonic() < until_s, f"never: {what}"
            time.sleep(POLL_S)
        return found

    def kill(self) -> None:
        """A power cut."""
        self.machine.kill()
        self._disconnect()

    def boot(self) -> None:
        """Switch the machine on again, with the disks as they are."""
        self._start(resume=False)

    def wait_off(self, timeout_s: float = 60.0) -> None:
        """The machine has switched itself off in order."""
        self.qmp.wait_event("SHUTDOWN", timeout_s)
        assert self.machine.wait_end(timeout_s), "QEMU did not end"
        self._disconnect()

    def _disconnect(self) -> None:
        self.channel.close()
        self.qmp.close()

    def journal(self, lines: int = 150) -> str:
        """What the units said, as far as the guest still answers."""
        try:
            return self.try_run(f"journalctl -b --no-pager -n {lines} -o short-monotonic", timeout_s=20).text
        except ChannelClosed:
            return (
                "the guest does not answer\n"
                + (self.folder / "console.log").read_text(errors="replace")[-3000:]
            )

    def close(self) -> None:
        self.machine.close()
        self._disconnect()
        if not self._keep:
            rmtree(self.folder, ignore_errors=True)
