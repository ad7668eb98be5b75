from __future__ import annotations

import fcntl
import multiprocessing
import os
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.problems import Problem
from appliance.sim import cache as store
from appliance.sim import render
from appliance.sim.cache import Reel, fetch_reel
from appliance.sim.recipe import Recipe

Usage = namedtuple("Usage", "total used free")


def forbidden(*arguments: object) -> None:
    raise AssertionError("rendered again")


def test_a_reel_holds_every_picture_and_all_of_the_sound(reel: Reel, recipe: Recipe) -> None:
    assert len(reel.tape) == recipe.tape_frames == 40
    assert len(reel.index) - 1 == recipe.camera_frames == 48
    assert len(reel.tape_sound) == len(reel.camera_sound) == round(1.6 * 48000)
    assert [plane.shape for plane in reel.tape_frame(39)] == [(288, 360), (288, 180), (288, 180)]
    jpeg = np.frombuffer(reel.camera_frame(47), np.uint8)
    assert cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == (360, 640, 3)


def test_a_tape_frame_comes_without_being_copied(reel: Reel) -> None:
    assert all(np.shares_memory(plane, reel.tape) for plane in reel.tape_frame(3))


def test_the_fields_of_a_frame_are_of_two_moments(reel: Reel, recipe: Recipe) -> None:
    """On a clean tape the top rows resemble the earlier picture and the others the later one."""
    first, second = (render.clean_field(recipe, number)[0].astype(float) for number in (60, 61))
    moving = np.abs(first - second) > 40
    woven = reel.tape_frame(30)[0].astype(float)
    top, bottom = moving.copy(), moving.copy()
    top[1::2], bottom[0::2] = False, False
    assert np.abs(woven - first)[top].mean() < np.abs(woven - second)[top].mean()
    assert np.abs(woven - second)[bottom].mean() < np.abs(woven - first)[bottom].mean()


def test_a_second_fetch_renders_nothing(
    reel: Reel, recipe: Recipe, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "render", forbidden)
    parts: list[float] = []
    again = fetch_reel(recipe, cache, parts.append)
    np.testing.assert_array_equal(again.tape[5], reel.tape[5])
    assert parts == [1.0]


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"wear": "worn"}, {"camera_ppm": 1.0}, {"standard": "ntsc"}, {"seconds": 1.7}]
)
def test_every_setting_asks_for_another_reel(recipe: Recipe, change: dict[str, object]) -> None:
    assert replace(recipe, **change).key() != recipe.key()


def test_every_maker_of_pictures_is_part_of_the_key() -> None:
    """A module that pictures or sound depend on must not be missing from the list."""
    from appliance.sim.recipe import PICTURE_MAKERS

    seen, queue = set(), ["render.py"]
    folder = Path(render.__file__).parent
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            text = (folder / name).read_text(encoding="utf-8")
            found = [path.relative_to(folder) for path in folder.glob("**/*.py")]
            queue += [str(p) for p in found if f"sim.{'.'.join(p.with_suffix('').parts)} import" in text]
            line = next((row for row in text.splitlines() if row.startswith("from appliance.sim import")), "")
            queue += [f"{word.strip()}.py" for word in line.partition("import")[2].split(",") if word.strip()]
    assert {"tape/play.py", "tape/kit.py", "scene.py", "score.py"} < seen
    assert seen - {"example.py"} <= set(PICTURE_MAKERS) | {"cache.py"}


def test_rendering_that_fails_leaves_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(recipe: Recipe, folder: Path, progress: object) -> None:
        (folder / render.TAPE).write_bytes(b"half a picture")
        raise KeyboardInterrupt

    monkeypatch.setattr(render, "render", fail)
    with pytest.raises(KeyboardInterrupt):
        fetch_reel(recipe, tmp_path, lambda part: None)
    assert [path.name for path in tmp_path.iterdir()] == ["reels.lock"]


def test_what_a_killed_process_left_is_never_used(recipe: Recipe, tmp_path: Path) -> None:
    tiny = replace(recipe, seconds=0.08, camera="none")
    half = tmp_path / f"{store.HALF}{store.PREFIX}{tiny.key()}"
    half.mkdir()
    (half / render.TAPE).write_bytes(b"half a picture")
    reel = fetch_reel(tiny, tmp_path, lambda part: None)
    assert len(reel.tape) == 2
    assert not half.exists()


def test_the_reels_that_were_used_longest_ago_make_room(recipe: Recipe, tmp_path: Path) -> None:
    reels = [tmp_path / f"{store.PREFIX}{number}" for number in range(5)]
    for age, folder in enumerate(reels):
        folder.mkdir()
        (folder / render.TAPE).write_bytes(bytes(1000))
        os.utime(folder, (1000 + age, 1000 + age))
    assert store.superfluous(tmp_path, 2500) == [reels[2], reels[1], reels[0]]
    assert store.superfluous(tmp_path, 5000) == []
    store.make_room(recipe, tmp_path)
    assert all(folder.exists() for folder in reels)


def test_a_full_disk_is_refused_before_rendering(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "render", forbidden)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda path: Usage(1, 1, 0))
    with pytest.raises(Problem) as caught:
        fetch_reel(recipe, tmp_path, lambda part: None)
    assert caught.value.issue.code == "simulation-no-space"


def test_without_a_camera_only_the_tape_is_made(recipe: Recipe, tmp_path: Path) -> None:
    reel = fetch_reel(replace(recipe, seconds=0.08, camera="none"), tmp_path, lambda part: None)
    assert len(reel.camera_sound) == 0
    assert not list(tmp_path.glob("*/camera*"))


class Enough(Exception):
    """Somebody does not want the reel any more."""


def enough(part: float) -> None:
    raise Enough


@pytest.mark.parametrize("pool_worth_frames", [10_000, 1], ids=["in this process", "in many"])
def test_rendering_ends_at_once_when_its_progress_says_so_and_leaves_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool_worth_frames: int
) -> None:
    monkeypatch.setattr(render, "POOL_WORTH_FRAMES", pool_worth_frames)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    with pytest.raises(Enough):
        fetch_reel(recipe, tmp_path, enough)
    assert [path.name for path in tmp_path.iterdir()] == ["reels.lock"]
    assert multiprocessing.active_children() == []


def test_a_process_that_waits_for_another_ones_rendering_may_leave(recipe: Recipe, tmp_path: Path) -> None:
    with (tmp_path / "reels.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Enough):
            fetch_reel(recipe, tmp_path, enough)
