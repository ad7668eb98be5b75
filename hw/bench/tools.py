"""What the bench needs of this machine, and what to say where it is missing."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

COMMANDS = {  # command: Debian package
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "mkfs.exfat": "exfatprogs",
    "mkfs.vfat": "dosfstools",
    "gcc": "gcc",
    "make": "make",
}
FILES = {  # file: Debian package
    "/usr/share/seabios/bios-256k.bin": "seabios",
    "/usr/lib/ipxe/qemu/efi-e1000.rom": "ipxe-qemu",
    "/usr/src/linux-source-6.1.tar.xz": "linux-source-6.1",
}


def search_path() -> str:
    """Tools of the administrator lie where a plain user's PATH does not lead."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def missing_packages() -> list[str]:
    """Debian packages to install before the bench can run; empty where it can."""
    wanted = {
        package for command, package in COMMANDS.items() if not shutil.which(command, path=search_path())
    }
    wanted |= {package for file, package in FILES.items() if not Path(file).exists()}
    if not list(Path("/usr/src").glob("linux-headers-*-amd64")):
        wanted.add("linux-headers-amd64")
    return sorted(wanted)


def why_not() -> str:
    """One sentence that says why the bench cannot run here, and what helps; empty where it can."""
    if platform.machine() != "x86_64":
        return f"The virtual bench needs an x86-64 machine; this one is {platform.machine()}."
    if os.geteuid() != 0:
        return "The virtual bench makes a guest's file system and must run as root (sudo make vm-test)."
    packages = missing_packages()
    if packages:
        return f"The virtual bench lacks tools: apt-get install --no-install-recommends {' '.join(packages)}"
    return ""


def cache_folder() -> Path:
    """Where images are kept from run to run: TWINREEL_BENCH_CACHE, else the user's cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TWINREEL_BENCH_CACHE") or home / "twinreel-bench").resolve()
