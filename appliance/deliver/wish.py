"""A folder of ours on a stick that only root may write: asked for here, made by twinreel-folder.service."""

from __future__ import annotations

import os
import time
from pathlib import Path

from appliance.deliver.drives import OUR_FOLDER

WISH = "folder-wanted"  # holds the mount point; systemd waits for this file
WAIT_S = 5.0
LOOK_S = 0.05


def ask_for_folder(run: Path, point: Path, wait_s: float = WAIT_S) -> None:
    """Returns when the folder is there, or when it is useless to wait any longer."""
    wish, part = run / WISH, run / f".{WISH}"
    part.write_text(f"{point}\n")
    part.replace(wish)
    until_s = time.monotonic() + wait_s
    folder = point / OUR_FOLDER
    while not os.access(folder, os.W_OK | os.X_OK) and time.monotonic() < until_s:
        time.sleep(LOOK_S)
    wish.unlink(missing_ok=True)
