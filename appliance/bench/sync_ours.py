"""One comparison as a process of its own, so that its time and memory are its own: prints nothing.

``python -m appliance.bench.sync_ours TAPE CAMERA ANSWER.json``
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from appliance.core.media import read_sound
from appliance.core.types import SyncEstimate
from appliance.sync.estimate import estimate_sync
from appliance.sync.track import keep_track

RATE_HZ = 8000
ANSWER = TypeAdapter(SyncEstimate)


def compare(tape: Path, camera: Path) -> SyncEstimate:
    """The way of the worker: sound goes to a file, and is read from there in pieces."""
    with tempfile.TemporaryDirectory(prefix="twinreel-sync-") as folder:
        # One after the other: two threads of small steps are slower than one.
        tracks = [
            keep_track(read_sound(path, RATE_HZ), Path(folder) / name)
            for path, name in ((tape, "tape.s16"), (camera, "camera.s16"))
        ]
        return estimate_sync(tracks[0], tracks[1], RATE_HZ)


def main(arguments: Sequence[str]) -> None:
    tape, camera, answer = map(Path, arguments)
    answer.write_bytes(ANSWER.dump_json(compare(tape, camera)))


if __name__ == "__main__":
    main(sys.argv[1:])
