"""The configuration, the units and the running recorder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from appliance.core.config import load_config
from appliance.core.link import Link
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.wire import Hello
from appliance.ops.checks.result import Result, failed, of_problem, ok, warning

UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
ANSWER_S = 5.0


def configuration(paths: Paths) -> Result:
    try:
        load_config(paths)
    except Problem as problem:
        return of_problem("configuration", problem)
    files = [str(path) for path in (paths.site_config, paths.device_config) if path.exists()]
    return ok("configuration", f"valid, from {' and '.join(files) or 'the defaults alone'}")


def recorder(paths: Paths) -> Result:
    """Asks the running recorder for its state."""
    if not paths.socket.exists():
        cause = "The recorder is not running."
        return warning("recorder", "not running", cause, "Start it: `systemctl start twinreel.target`.")
    try:
        link = Link(paths.socket, Hello("cli"))
    except Problem as problem:
        return of_problem("recorder", problem)
    try:
        state = link.snapshot(ANSWER_S).state
    except Problem as problem:
        return of_problem("recorder", problem)
    finally:
        link.close()
    return ok("recorder", f"answers; state: {state.value}")


def units(paths: Paths) -> Result:
    """What systemd says to the installed units."""
    installed = installed_units(paths.root)
    if not installed:
        return ok("units", "none installed; the box runs without systemd here")
    if shutil.which("systemd-analyze") is None:
        return warning("units", "not checked", "systemd-analyze is not installed.", "Install systemd.")
    done = subprocess.run(
        ["systemd-analyze", "verify", *installed], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "twinreel" in line]
    if done.returncode == 0 and not complaints:
        return ok("units", f"{len(installed)} installed and valid")
    cause = (complaints or ["systemd does not accept them."])[0]
    return failed("units", "a unit has a mistake", cause, "Install the units of this version again.")


def installed_units(root: Path) -> list[Path]:
    found = [unit for folder in UNIT_FOLDERS for unit in sorted((root / folder).glob("twinreel*"))]
    return [unit for unit in found if unit.suffix in (".service", ".target")]
