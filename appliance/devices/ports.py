"""Where the tape was plugged in before: a preference among equals, never a condition."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from appliance.devices.found import Found

KEPT = 8  # places; the newest counts most
log = logging.getLogger(__name__)


class Ports:
    """A small file. What cannot be read or written of it is forgotten, and said in the log only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[str]] = read(path)

    def liking(self, found: Found) -> int:
        """More than 0 for a device that had its role before, most for the last one."""
        known = self._known.get(found.role.value, [])
        return known.index(found.info.id) + 1 if found.info.id in known else 0

    def remember(self, found: Found) -> None:
        known = self._known.setdefault(found.role.value, [])
        if known[-1:] == [found.info.id]:
            return
        known[:] = [*(one for one in known if one != found.info.id), found.info.id][-KEPT:]
        try:
            temporary = self._path.with_suffix(".part")
            temporary.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            log.warning("the port of %s is not remembered: %s", found.info.name, error)


def read(path: Path) -> dict[str, list[str]]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {str(role): [str(one) for one in places] for role, places in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        log.warning("%s is not usable: %s", path, error)
        return {}
