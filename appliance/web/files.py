"""A take's files for the player: only those that the snapshot names, with ranges, never written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from starlette.responses import FileResponse

from appliance.core.paths import Paths
from appliance.core.snapshot import TakeSummary
from appliance.web.guard import REPORT_POLICY

# Named here, because what the system's own table knows differs from box to box.
TYPES = {
    ".mp4": "video/mp4",
    ".mkv": "video/x-matroska",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".html": "text/html; charset=utf-8",
}
DOWNLOAD_ONLY = {".mkv"}


def find_file(paths: Paths, takes: Iterable[TakeSummary], take_id: str, name: str) -> Path | None:
    """The file on the spool, or None unless a listed take names it and it lies in that take's folder."""
    for take in takes:
        if take.id == take_id and name in take.files.values():
            folder = paths.takes.resolve() / take_id
            path = (folder / name).resolve()
            inside = folder.parent == paths.takes.resolve() and path.is_relative_to(folder)
            return path if inside and path.is_file() else None
    return None


def answer_with(path: Path, take_id: str) -> FileResponse:
    """Ranges, ETag and HEAD come from Starlette; a report may not run scripts, whatever it contains."""
    kind = path.suffix.lower()
    headers = {"cache-control": "private, no-cache" if kind == ".html" else "private, max-age=60"}
    if kind == ".html":
        headers["content-security-policy"] = REPORT_POLICY
    download = kind in DOWNLOAD_ONLY or kind not in TYPES
    return FileResponse(
        path,
        media_type=TYPES.get(kind, "application/octet-stream"),
        headers=headers,
        filename=f"{take_id}-{path.name}",
        content_disposition_type="attachment" if download else "inline",
    )
