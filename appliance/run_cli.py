"""``twinreel run``: the whole box on a computer without the units of ``systemd/``."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.app import alone
from appliance.core.config import load_config
from appliance.core.paths import Paths, check_writable, user_cache
from appliance.demo import check_port, run_until_interrupted


def run() -> None:
    """Run the whole box with the devices that are plugged in, until Ctrl-C; the page has its buttons.

    For your own computer: a box is installed with image/install.sh. Takes lie below the folder that --root
    names, else in ~/.local/share/twinreel/box; `twinreel devices` says what the box will record from.
    """
    paths = Paths(box_root(), user_cache())
    check_writable(paths.run)
    check_port(load_config(paths).web.port)
    with alone(paths.run / "box.lock", "box"):
        run_until_interrupted(paths.root, user_cache())


def box_root() -> Path:
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return Path(os.environ.get("TWINREEL_ROOT") or home / "twinreel/box").resolve()
