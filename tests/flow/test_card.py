"""The tape now, the camera later: its card comes when the film of the tape alone was delivered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.media import probe
from appliance.core.snapshot import BoxState, CommandName, Snapshot
from appliance.core.types import Stage, TakeState
from tests.flow.conftest import Box
from tests.flow.test_whole_take import check_receipt, delivered_folder

RUN_S = 150


@pytest.fixture
def alone(start_box: Callable[..., Box]) -> Box:
    """A box that has delivered the film of a tape alone; the camera filmed, but was not plugged in."""
    box = start_box()
    box.until(lambda s: s.state is BoxState.READY and len(s.devices) == 2, "ready")
    box.hand("unplug-camera")
    box.until(lambda s: s.state is BoxState.READY and len(s.devices) == 1, "the camera is gone")
    box.do(CommandName.PRESS)
    done = box.until_delivered()
    assert "from the tape alone" in done.takes[0].note
    return box


def helped(snapshot: Snapshot) -> bool:
    take = snapshot.takes[0]
    return take.state is TakeState.DELIVERED and "with the camera's help" in take.note


def card_files(box: Box) -> dict[str, tuple[int, int]]:
    found = (box.paths.media / "card").rglob("*")
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found}


def test_a_card_that_comes_later_helps_with_the_film_and_is_delivered(alone: Box) -> None:
    box = alone
    box.hand("plug-card")
    offered = box.until(lambda s: s.card, "the card is seen")
    assert (offered.card.films, offered.card.take_id) == (1, offered.takes[0].id)
    assert offered.stick is not None, "the stick is another thing"
    assert offered.stick.name == "Stick"
    before = card_files(box)
    box.do(CommandName.IMPORT, offered.card.take_id)
    box.until(lambda s: s.job and s.job.stage is not Stage.IMPORT, "the film is made again")
    done = box.until(lambda s: s.state is BoxState.DONE and helped(s), "delivered with the camera's help")
    assert done.takes[0].has_camera
    assert done.card is not None
    assert done.card.take_id == "", "there is no other take to offer it to"
    check_receipt(box)
    folder = delivered_folder(box)
    assert probe(folder / "data/originals/MVI_0001.MOV").frames == 120
    assert "Tape and camera on one clock" in (folder / "data/report.html").read_text()
    assert len([p for p in folder.parent.iterdir() if p.is_dir()]) == 1, "it took the place of the first one"
    assert card_files(box) == before, "nothing was written to the card"
    take = json.loads((box.take_folder() / "take.json").read_text())
    assert [s["path"] for s in take["segments"] if s["imported"]] == ["clips/MVI_0001.MOV"]


def test_the_command_line_asks_the_box_and_a_card_pulled_in_between_does_no_harm(
    alone: Box, tmp_path: Path
) -> None:
    box = alone
    box.hand("plug-card")
    card = box.paths.media / "card"
    box.until(lambda s: s.card, "the card is seen")
    assert "MVI_0001.MOV: 4.0 s, 640 × 360" in twinreel(box, "import", card, "--list").stdout
    empty = tmp_path / "photographs"
    empty.mkdir()
    refused = twinreel(box, "import", empty)
    assert refused.returncode == 1
    assert "no films on the card" in refused.stderr
    unknown = twinreel(box, "import", card, "--take", "yesterday")
    assert "There is no such take" in unknown.stderr
    box.hand("unplug-card")
    assert box.ask(CommandName.IMPORT, box.seen[-1].takes[0].id).code == "card-absent"
    box.hand("plug-card")
    done = twinreel(box, "import", card)
    assert done.returncode == 0, done.stderr
    assert "One film was added" in done.stdout
    box.until(lambda s: s.state is BoxState.DONE and helped(s), "delivered with the camera's help")


def twinreel(box: Box, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appliance", *(str(word) for word in words)]
    environment = dict(os.environ, TWINREEL_ROOT=str(box.paths.root))
    return subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, env=environment)
