"""Fingerprints: of a file's bytes, and of the pictures that it decodes to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from appliance.core.media import read_pictures

BLOCK_BYTES = 1 << 20


def sha256_file(path: Path, on_block: Callable[[], None] = lambda: None) -> str:
    """``on_block`` is called after every block: a master of hours takes minutes to read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            on_block()
    return digest.hexdigest()


def frame_digest(path: Path) -> str:
    """SHA-256 over all decoded planes: equal where two files show the same pictures."""
    digest = hashlib.sha256()
    for picture in read_pictures(path):
        for plane in (picture.y, picture.u, picture.v):
            digest.update(repr(plane.shape).encode())
            digest.update(plane.tobytes())
    return digest.hexdigest()
