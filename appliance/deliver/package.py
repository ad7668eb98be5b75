"""How a take lies on a stick: a folder that a visitor understands, which is a BagIt bag (RFC 8493).

2026-11-21 Tape 1/
    Start here.html             links to the films and the report
    data/film.mp4               the restored film; comparison.mp4 and report.html beside it
    data/originals/...          the recordings of the tape and the camera, as they came, and their logs
    data/stills/...             single pictures
    manifest-sha256.txt         fingerprints of everything below data/
    bagit.txt, bag-info.txt, tagmanifest-sha256.txt
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from types import MappingProxyType

from appliance.core.types import Artifact, ArtifactRole

ALGORITHM = "sha256"
INFO_FILE = "bag-info.txt"
MANIFEST = f"manifest-{ALGORITHM}.txt"
TAG_MANIFEST = f"tagmanifest-{ALGORITHM}.txt"
START_PAGE = "Start here.html"
TAKE_KEY = "External-Identifier"
FOLDERS = {
    ArtifactRole.MASTER: "originals",
    ArtifactRole.CAMERA: "originals",
    ArtifactRole.LOG: "originals",
    ArtifactRole.STILL: "stills",
}
WHAT_IT_IS = {
    ArtifactRole.ACCESS: "The film, restored",
    ArtifactRole.COMPARISON: "Before and after, side by side",
    ArtifactRole.REPORT: "How it was made",
    ArtifactRole.MASTER: "The tape as it was recorded",
    ArtifactRole.CAMERA: "The camera as it was recorded",
}
NOT_ON_FAT = re.compile(r'[\x00-\x1f"*:<>?\\|]')


@dataclass(frozen=True)
class Item:
    """A file of the take and where it goes, relative to the take's folder on the stick."""

    artifact: Artifact
    path: str


def lay_out(files: Sequence[Artifact]) -> tuple[Item, ...]:
    """Every file gets a place of its own below data/."""
    taken: set[str] = set()
    items = []
    for artifact in files:
        path = place_of(artifact, taken)
        taken.add(path.casefold())
        items.append(Item(artifact, path))
    return tuple(items)


def place_of(artifact: Artifact, taken: set[str]) -> str:
    """FAT does not tell capitals apart and forbids some letters, so we do as well."""
    name = PurePosixPath(NOT_ON_FAT.sub("_", PurePosixPath(artifact.path).name))
    folder = PurePosixPath("data", FOLDERS.get(artifact.role, ""))
    path, number = folder / name, 2
    while str(path).casefold() in taken:
        path = folder / f"{name.stem} {number}{name.suffix}"
        number += 1
    return str(path)


def folder_name(date: str, present: Iterable[str]) -> str:
    """The next free "2026-11-21 Tape 3" beside the folders that are there."""
    pattern = re.compile(re.escape(date) + r" Tape (\d+)", re.IGNORECASE)
    numbers = [int(match[1]) for name in present if (match := pattern.fullmatch(name))]
    return f"{date} Tape {max(numbers, default=0) + 1}"


def tag_files(
    take_id: str, date: str, items: Sequence[Item], notes: Mapping[str, bytes] = MappingProxyType({})
) -> dict[str, bytes]:
    """All files that are not the take's own, by name; the same for the same take."""
    size = sum(item.artifact.size_bytes for item in items)
    info = {
        "Bag-Software-Agent": "Twinreel",
        TAKE_KEY: take_id,
        "External-Description": f"A tape recorded on {date}, and the film made from it",
        "Payload-Oxum": f"{size}.{len(items)}",
    }
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        INFO_FILE: "".join(f"{key}: {value}\n" for key, value in info.items()),
        MANIFEST: manifest({item.path: item.artifact.sha256 for item in items}),
        START_PAGE: start_page(date, items),
    }
    written = {name: text.encode() for name, text in tags.items()} | dict(notes)
    digests = {name: sha256(data).hexdigest() for name, data in written.items()}
    return written | {TAG_MANIFEST: manifest(digests).encode()}


def manifest(digests: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def take_of(info: bytes) -> str:
    """The take that a bag-info.txt names, or nothing."""
    for line in info.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key == TAKE_KEY:
            return value.strip()
    return ""


def start_page(date: str, items: Sequence[Item]) -> str:
    links = "\n".join(
        f'<li><a href="{html.escape(item.path)}">{html.escape(WHAT_IT_IS[item.artifact.role])}</a> '
        f"({html.escape(PurePosixPath(item.path).name)}, {item.artifact.size_bytes / 1e6:.1f} MB)</li>"
        for item in items
        if item.artifact.role in WHAT_IT_IS
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Tape of {html.escape(date)}</title></head>\n"
        '<body style="font: 1.2em sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em">\n'
        f"<h1>Your tape, recorded on {html.escape(date)}</h1>\n<ul>\n{links}\n</ul>\n"
        "<p>Please keep the whole folder: manifest-sha256.txt in it lets anybody check, even years from now, "
        "that no file has changed.</p>\n</body>\n</html>\n"
    )
