"""How much memory a process and its children took at their most, from /proc."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def peak_bytes(pid: int, proc: Path = PROC) -> int:
    """The process's own peak of resident memory (VmHWM); 0 when it is gone."""
    try:
        lines = (proc / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = next((line for line in lines if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(found.split()[1]) * 1024


def tree(pid: int, proc: Path = PROC) -> tuple[int, ...]:
    """The process and all that descend from it, parents first."""
    children: dict[int, list[int]] = {}
    for folder in proc.iterdir():
        if folder.name.isdigit():
            children.setdefault(parent_of(folder), []).append(int(folder.name))
    family = [pid]
    for member in family:  # grows while it is walked
        family += children.get(member, [])
    return tuple(family)


def parent_of(folder: Path) -> int:
    """-1 for a process that went away while we looked."""
    try:
        after_name = (folder / "stat").read_text().rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return -1
    return int(after_name.split()[1])


def tree_peak_bytes(pid: int, proc: Path = PROC) -> int:
    """The sum of the living members' peaks: never less than what they took together at one moment."""
    return sum(peak_bytes(member, proc) for member in tree(pid, proc))
