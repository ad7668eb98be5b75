"""Whole takes without a fault: from the button to the verified folder on the stick."""

import json
from collections.abc import Callable
from pathlib import Path

from appliance.core.media import probe, read_pictures
from appliance.core.snapshot import BoxState
from appliance.encode.digest import sha256_file
from tests.flow.conftest import Box


def delivered_folder(box: Box) -> Path:
    journal = box.journal()
    take = journal.takes()[0]
    receipt = journal.receipts(take.id)[-1]
    journal.close()
    return Path(receipt.folder)


def check_receipt(box: Box) -> None:
    """Every file of the receipt lies on the stick with the hash that the receipt says."""
    journal = box.journal()
    take = journal.takes()[0]
    receipt = journal.receipts(take.id)[-1]
    journal.close()
    on_stick = {sha256_file(path) for path in Path(receipt.folder).rglob("*") if path.is_file()}
    assert receipt.artifacts
    assert {artifact.sha256 for artifact in receipt.artifacts} <= on_stick


def test_tape_and_camera_become_a_film_on_the_stick(start_box: Callable[..., Box]) -> None:
    box = start_box()
    box.record()
    box.until(lambda s: s.state is BoxState.RECORDING, "recording")
    box.until(lambda s: s.state is BoxState.WORKING, "stops by itself at the end of the tape")
    box.until_delivered()

    states = [state for state, _ in _runs(s.state for s in box.seen)]
    assert states[states.index(BoxState.READY) :] == [
        BoxState.READY,
        BoxState.RECORDING,
        BoxState.WORKING,
        BoxState.DONE,
    ]
    check_receipt(box)
    take = json.loads((box.take_folder() / "take.json").read_text())
    assert take["ended_by"] == "end of tape"
    assert not take["interrupted"]
    tape = next(s for s in take["segments"] if s["role"] == "tape")
    assert tape["lost_frames"] == 0
    assert tape["frames"] >= 4 * 25

    film = probe(box.take_folder() / "film.mp4")
    assert (film.width, film.height, film.rate) == (384, 288, 50)
    pictures = list(read_pictures(film.path))
    assert len(pictures) == 2 * (tape["frames"] - round(25 * take["blank_tail_s"])), "without the blank end"
    assert pictures[-12].y.std() > 10, "the blank end is no part of the film, but for a moment"

    found = json.loads((box.take_folder() / "work/sync-00.json").read_text())["clips"][0]
    truth = json.loads((box.take_folder() / "truth.json").read_text())
    assert abs(found["offset_s"] - truth["offset_s"]) < 0.005
    registered = (box.take_folder() / "work/register-00.json").read_text()
    assert "with the camera's help" in box.seen[-1].takes[0].note, registered


def _runs(states):
    last = None
    for state in states:
        if state is not last:
            last = state
            yield state, None


def test_a_tape_alone_is_restored_alone(start_box: Callable[..., Box]) -> None:
    box = start_box(camera="none", ending="noise")
    box.record()
    done = box.until_delivered()
    assert "from the tape alone" in done.takes[0].note
    check_receipt(box)


def test_a_camera_that_filmed_something_else_is_left_out_and_named(start_box: Callable[..., Box]) -> None:
    box = start_box(camera="other")
    box.record()
    done = box.until_delivered()
    assert "The tape was restored alone" in done.takes[0].note
    assert any(issue.code == "camera-other" for issue in done.issues)
    assert json.loads((box.take_folder() / "work/sync-00.json").read_text())["clips"][0]["offset_s"] is None
