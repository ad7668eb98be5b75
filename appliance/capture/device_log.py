"""What a device said of itself, beside each segment: its ids, its true rates, what was lost. For people."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


def keep_report(path: Path, report: Callable[[], dict[str, str]], counts: dict[str, str]) -> None:
    """A device that cannot say, or a disk that does not take it, costs the note, never the recording."""
    try:
        told = report() | counts
        path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except Exception as error:
        log.warning("%s could not be written: %s", path.name, error)
