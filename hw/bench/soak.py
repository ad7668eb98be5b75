"""A long recording of two devices with its gap log, and what systemd thinks of the units; not in CI."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from appliance.core.types import Role, TakeState
from hw.bench.box import TAKES, Box
from hw.bench.compare import read_segment
from hw.bench.plugs import Plugged
from hw.bench.product import SERVICES, product_layer

REPORT = Path("build/vm-soak.md")
LATE_MS = 40


def soak(minutes: float) -> int:
    """Record so long; prints and writes what was sent, recorded and lost. 0 where nothing was lost."""
    box = Box(product_layer().idle)
    try:
        devices = {Role.TAPE: box.plug("dongle-small"), Role.CAMERA: box.plug("camera-small")}
        box.until_ready()
        box.press()
        lines = [f"# A recording of {minutes:g} minutes on the virtual bench", ""]
        lost = 0 if in_time(box, minutes) else 1
        box.press()
        box.until_take(TakeState.RECORDED)
        for role, device in devices.items():
            said, missing = account(box, role, device)
            lines += said
            lost += missing
        text = "\n".join(lines)
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text)
        print(text)
        return int(lost > 0)
    finally:
        box.close()


def in_time(box: Box, minutes: float) -> bool:
    """Whether as many frames came as should; what has come is accounted for in any case."""
    try:
        box.until_recording(round(minutes * 60 * 25), timeout_s=minutes * 60 + 60)
    except AssertionError as error:
        print(str(error).splitlines()[0])
        return False
    return True


def account(box: Box, role: Role, device: Plugged) -> tuple[list[str], int]:
    take = box.take_id()
    data = box.guest.read_file(f"{TAKES}/{take}/{role.value}-00.mkv")
    segment = read_segment(data)
    found, sound = box.compare(device, segment), box.sound(device, segment)
    late = sum(one.late_ms > LATE_MS for one in device.sent())
    gaps = gap_log(box.guest.read_file(f"{TAKES}/{take}/{role.value}-00.csv").decode())
    said = [
        f"## {role.value}: {device.model}",
        "",
        f"- sent {found.sent}, recorded {found.recorded}, missing {len(found.missing)}, "
        f"strange {len(found.strange)}; {len(data) / 1e6:.0f} MB",
        f"- the guest asked more than {LATE_MS} ms late for {late} frames; "
        f"left out by the emulator for that: {device.skipped()}",
        f"- sound {1000 * sound.middle_s:+.0f} ms from its pictures, ± {1000 * sound.stray_s:.0f} ms; "
        f"clicks absent: {sound.absent} of {len(sound.late_s) + sound.absent}",
        f"- gap log: {len(gaps)} lines",
        "",
        *gaps,
        "",
    ]
    return said, len(found.missing) + len(found.strange)


def gap_log(table: str) -> list[str]:
    """The lines of the recorder's own frame log that tell of a loss or a fault."""
    rows = list(csv.DictReader(io.StringIO(table)))
    return [str(row) for row in rows if row["lost_before"] != "0" or row["flags"]]


def security() -> str:
    """``systemd-analyze security`` of the three services, in the guest."""
    box = Box(product_layer().idle)
    try:
        said = [
            box.guest.run(f"systemd-analyze security --no-pager {unit} | tail -1", check=False)
            for unit in SERVICES.split()
        ]
        return "".join(said)
    finally:
        box.close()
