"""QEMU: its command line, its process, its death."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hw.bench.tools import cache_folder

MEMORY_MB = 1536
PROCESSORS = 2
USB_PORTS = 4  # sockets for emulated devices; sticks come beside them
KVM_TRIAL_S = 15.0


@dataclass(frozen=True)
class Kernel:
    vmlinuz: Path
    initrd: Path
    options: str = "root=/dev/vda rw console=ttyS0 panic=-1 quiet"

    @property
    def arguments(self) -> list[str]:
        return ["-kernel", str(self.vmlinuz), "-initrd", str(self.initrd), "-append", self.options]


def accelerator(kernel: Kernel) -> str:
    """kvm only where a kernel has really come to user space with it: /dev/kvm may open and be of no use."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text() + os.uname().release
    note = cache_folder() / f"accelerator-{hashlib.sha256(boot.encode()).hexdigest()[:12]}"
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("kvm" if reaches_user_space(kernel, "kvm") else "tcg")
    return note.read_text()


def reaches_user_space(kernel: Kernel, kind: str) -> bool:
    command = [
        "qemu-system-x86_64",
        *common(kind),
        "-kernel",
        str(kernel.vmlinuz),
        "-initrd",
        str(kernel.initrd),
    ]
    command += ["-append", "console=ttyS0 panic=-1 root=/dev/none rootdelay=0", "-serial", "stdio"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        said = process.communicate(timeout=KVM_TRIAL_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()[0]
    return b"Loading, please wait" in said or b"Run /init as init process" in said


def common(kind: str) -> list[str]:
    speed = (
        ["-accel", "kvm", "-cpu", "host"] if kind == "kvm" else ["-accel", "tcg,thread=multi", "-cpu", "max"]
    )
    return [
        "-nodefaults", "-no-user-config", "-M", "q35", "-m", str(MEMORY_MB), "-smp", str(PROCESSORS), *speed,
        "-display", "none", "-no-reboot", "-rtc", "base=utc",
    ]  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """A machine at rest: its memory as a file, which resumed guests map privately, and all the rest of it."""

    memory: Path
    state: Path

    def arguments(self, saving: bool, resuming: bool) -> list[str]:
        share = "on" if saving else "off"
        backend = f"memory-backend-file,id=memory,size={MEMORY_MB}M,mem-path={self.memory},share={share}"
        return [
            "-object",
            backend,
            "-machine",
            "memory-backend=memory",
            *(["-incoming", "defer"] if resuming else []),
        ]


class Machine:
    """One life of the guest: from its start, or from a saved state, to its end."""

    def __init__(
        self,
        folder: Path,
        kernel: Kernel,
        disks: Sequence[Path],
        kind: str,
        saved: Saved | None = None,
        saving: bool = False,
        resuming: bool = True,
    ) -> None:
        self.folder = folder
        for name in ("qmp", "agent", *(f"usb{port}" for port in range(USB_PORTS))):
            (folder / name).unlink(missing_ok=True)
        command = ["qemu-system-x86_64", *common(kind), *kernel.arguments, *self._devices(), *blocks(disks)]
        if saved is not None:
            command += saved.arguments(saving, resuming)
        self._log = folder / "qemu.log"
        with self._log.open("ab") as log:
            # No machine outlives a bench that was killed.
            command = ["setpriv", "--pdeathsig", "KILL", *command]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _devices(self) -> list[str]:
        folder = self.folder
        found = [
            "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
            "-chardev", f"file,id=console,path={folder}/console.log,append=on", "-serial", "chardev:console",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,path={folder}/agent,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=twinreel.bench",
            "-device", "qemu-xhci,id=xhci,p2=15,p3=15", "-device", "i6300esb", "-action", "watchdog=reset",
        ]  # fmt: skip
        for port in range(USB_PORTS):
            found += ["-chardev", f"socket,id=usb{port},path={folder}/usb{port},server=on,wait=off"]
            found += ["-device", f"usb-redir,chardev=usb{port},id=redir{port},bus=xhci.0,port={port + 1}"]
        return found

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """As a power cut: what the guest had not brought to its disks is gone."""
        self.process.kill()
        self.process.wait()

    def wait_end(self, timeout_s: float) -> bool:
        until_s = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < until_s:
            time.sleep(0.05)
        return self.process.poll() is not None

    def close(self) -> None:
        with suppress(OSError):
            self.kill()


def blocks(disks: Sequence[Path]) -> list[str]:
    found = []
    for number, disk in enumerate(disks):
        found += ["-drive", f"file={disk},format=qcow2,if=none,id=disk{number},discard=unmap"]
        found += ["-device", f"virtio-blk-pci,drive=disk{number},serial=disk{number}"]
    return found


def overlay(base: Path, target: Path, form: str = "qcow2") -> Path:
    """A disk that holds only what is changed against ``base``."""
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(base), "-F", form, str(target)]
    subprocess.run(command, check=True)
    return target
