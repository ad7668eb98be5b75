"""The simulated card holds what the camera filmed, and behaves as a card does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from appliance.core.media import probe, read_pictures, read_sound
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.sim import card as module
from appliance.sim.cache import Reel
from appliance.sim.card import SimCard, SimDrives
from appliance.sim.stick import SimStick


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    paths.make()
    return paths


def films(paths: Paths) -> list[Path]:
    return sorted((paths.media / "card").rglob("*.MOV"))


def test_the_whole_film_is_on_it_with_its_sound(paths: Paths, reel: Reel) -> None:
    SimCard(paths).plug(reel)
    (film,) = films(paths)
    info = probe(film)
    assert (info.width, info.height, info.frames) == (*reel.recipe.camera_size, reel.recipe.camera_frames)
    heard = sum(len(block) for block in read_sound(film, 48000)) / 48000
    assert heard == pytest.approx(info.duration_s, abs=0.05)
    assert (film.parent / "IMG_0009.JPG").is_file()


def test_a_longer_one_is_in_two_films_that_follow_each_other(
    paths: Paths, reel: Reel, monkeypatch: pytest.MonkeyPatch
) -> None:
    SimCard(paths).plug(reel)
    (whole,) = films(paths)
    shown = [picture.y for picture in read_pictures(whole)]
    monkeypatch.setattr(module, "SPLIT_S", 0.0)
    other = Paths(paths.root / "other")
    other.make()
    SimCard(other).plug(reel)
    halves = [picture.y for film in films(other) for picture in read_pictures(film)]
    assert len(films(other)) == 2
    assert len(halves) == len(shown)
    assert all(np.array_equal(a, b) for a, b in zip(halves, shown, strict=True))


def test_every_process_sees_it_come_and_go_beside_the_stick(paths: Paths, reel: Reel) -> None:
    card, worker = SimCard(paths), SimDrives(paths)
    SimStick(paths).plug(10)
    assert [drive.name for drive in worker.drives()] == ["Stick"]
    card.plug(reel)
    assert [(drive.name, drive.is_card) for drive in worker.drives()] == [("Stick", False), ("Card", True)]
    _, drive = worker.drives()
    assert drive.exists("DCIM")
    with pytest.raises(Problem):
        drive.create("film.mp4")
    drive.release()
    assert drive.status().safe_to_remove
    card.unplug()
    with pytest.raises(Problem):
        drive.folders()
    assert len(worker.drives()) == 1
    card.plug(reel)
    assert not worker.drives()[1].status().safe_to_remove


def test_it_keeps_its_films_until_another_world_is_played(paths: Paths, reel: Reel) -> None:
    card = SimCard(paths)
    for _ in range(2):
        card.plug(reel)
        before = [path.stat().st_ino for path in films(paths)]
        card.unplug()
    card.plug(reel)
    assert [path.stat().st_ino for path in films(paths)] == before
    card.unplug()
    recipe = replace(reel.recipe, seed=99)
    other = SimpleNamespace(recipe=recipe, camera_frame=reel.camera_frame, camera_sound=reel.camera_sound)
    card.plug(other)  # type: ignore[arg-type]
    assert [path.stat().st_ino for path in films(paths)] != before
