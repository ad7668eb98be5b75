"""Whether sticks can be found and mounted: udisks2, and the file systems that visitors bring."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jeepney import DBusAddress, DBusErrorResponse, Properties
from jeepney.io.blocking import Proxy, open_dbus_connection

from appliance.core.config import load_config
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.ops.checks.result import Result, ok, warning

MANAGER = DBusAddress(
    "/org/freedesktop/UDisks2/Manager", "org.freedesktop.UDisks2", "org.freedesktop.UDisks2.Manager"
)
WANTED = {"FAT32": ("vfat",), "exFAT": ("exfat",), "ext4": ("ext4",), "NTFS": ("ntfs3",)}
HELPERS = {"NTFS": "mount.ntfs"}  # a program that does it where the kernel does not
ANSWER_S = 5.0


def sticks(paths: Paths) -> Result:
    if simulated(paths):
        return ok("sticks", "simulated")
    try:
        version = udisks_version()
    except (OSError, KeyError, DBusErrorResponse) as error:
        cause = f"udisks2, which finds and mounts sticks, does not answer ({error})."
        return warning("sticks", "cannot be found", cause, "Install udisks2 and start it, then try again.")
    finding = f"udisks2 {version}"
    lacking = missing_file_systems()
    if lacking:
        cause = f"This kernel does not know {' and '.join(lacking)}: such sticks are refused."
        return warning("sticks", finding, cause, "Install the kernel's module, or ntfs-3g for NTFS.")
    return ok("sticks", f"{finding}; {', '.join(WANTED)}")


def simulated(paths: Paths) -> bool:
    try:
        return load_config(paths).sim.enabled
    except Problem:
        return False


def udisks_version() -> str:
    with open_dbus_connection("SYSTEM") as bus:
        answer = Proxy(Properties(MANAGER), bus, timeout=ANSWER_S).get("Version")
    return str(answer[0][1])


def missing_file_systems(proc: Path = Path("/proc/filesystems"), modules: Path | None = None) -> list[str]:
    """Those that neither the kernel, nor a module of it, nor a program can mount."""
    folder = modules or Path("/lib/modules", os.uname().release)
    known = set(proc.read_text().split())
    for listing in ("modules.dep", "modules.builtin"):
        if (folder / listing).is_file():
            names = (line.partition(":")[0] for line in (folder / listing).read_text().splitlines())
            known |= {Path(name).name.partition(".ko")[0] for name in names}
    return [
        name
        for name, kinds in WANTED.items()
        if not known & set(kinds)
        and not shutil.which(HELPERS.get(name, ""), path="/sbin:/usr/sbin:/bin:/usr/bin")
    ]
