"""The registration bench on a small clip of its own: what is known is measured, a wrong camera is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.bench import pairs
from appliance.bench import register as module
from appliance.bench.clips import NTSC, read_scene, truth_of
from appliance.bench.pairs import LATER_FIELDS, LOOP_FIELDS, LOOPS, gain_of
from appliance.bench.register import Asked, Scene, back_after, measure_registration, place
from appliance.core.media import probe, read_pictures, read_sound
from appliance.core.problems import Problem
from appliance.core.types import Picture
from appliance.encode.writer import FilmSpec, FilmWriter

ROWS, COLUMNS, FIELDS = 480, 640, 10


def write(path: Path, seed: int) -> Path:
    """Shapes that stand still and one that wanders."""
    rng = np.random.default_rng(seed)
    wall = np.full((ROWS, COLUMNS), 120, np.uint8)
    for _ in range(220):
        corner, size = rng.integers(0, (COLUMNS, ROWS)), rng.integers(8, 70, 2)
        cv2.rectangle(wall, corner.tolist(), (corner + size).tolist(), int(rng.integers(40, 210)), -1)
    grey = np.full((ROWS // 2, COLUMNS // 2), 128, np.uint8)
    with FilmWriter(path, FilmSpec(COLUMNS, ROWS, Fraction(30), codec="ffv1")) as writer:
        for number in range(30):
            picture = wall.copy()
            cv2.circle(picture, (100 + 4 * number, 200), 30, 230, -1)
            writer.write(Picture(cv2.GaussianBlur(picture, (0, 0), 0.8), grey, grey, 0.0))
    return path


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Instead of a tape the clean pictures: making one and restoring it is tested elsewhere."""
    clip, stranger = write(tmp_path / "clip.mkv", 1), write(tmp_path / "stranger.mkv", 2)
    pictures = read_scene(clip, NTSC, FIELDS, module.SKIP)
    films = [truth_of(full, 0.0) for full in pictures]
    luma = [full[..., 0].astype(np.float32) for full in pictures]
    return Scene(clip, stranger, "good", 5, NTSC, films[::2], films, luma)


def test_a_camera_that_stands_still_is_placed_and_a_wrong_one_is_not_believed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STRANGE_FIELDS", 4)
    found = place(replace(scene, standard=replace(NTSC, order="progressive")), "still")
    assert found.found
    assert found.median_px < 0.3
    assert found.median_px < found.high_px
    assert found.share > 0.6
    assert found.stranger < 0.05
    assert found.back_after is None
    assert found.fields_per_s > 5


def test_from_another_clips_pictures_nothing_is_found(scene: Scene) -> None:
    other = replace(scene, clip=scene.stranger, standard=replace(NTSC, order="progressive"))
    assert not place(other, "still").found


def test_found_again_is_when_most_of_what_is_believed_lies_right() -> None:
    near, far, nothing = np.full(9, 0.4), np.full(9, 5.0), np.empty(0)
    fields = [(near, near, 0.9, 0.01)] * 3 + [(nothing, nothing, 0.0, 0.01), (far, far, 0.9, 0.01)]
    assert back_after([*fields, (near, near, 0.1, 0.01), (near, near, 0.9, 0.01)], 3) == 3
    assert back_after(fields, 3) is None


def test_clips_tapes_and_cameras_are_gone_through(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[float] = []
    monkeypatch.setattr(module, "find_clips", lambda data: [scene.clip, scene.stranger])
    monkeypatch.setattr(module, "make_scene", lambda clip, stranger, wear, fields, seed: scene)
    monkeypatch.setattr(module, "place", lambda scene, motion: motion)
    asked = Asked(tmp_path, 1, 8, ("good", "worn"), ("still", "knock"))
    assert measure_registration(asked, lambda part, text: said.append(part)) == ["still", "knock"] * 2
    assert said == sorted(said)
    assert said[-1] == 1.0
    with pytest.raises(Problem) as refused:
        measure_registration(replace(asked, motions=("drunk",)), lambda part, text: None)
    assert refused.value.issue.code == "bench-choice"


def test_the_files_of_a_pair_belong_together(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is stood in for by what it would give at best and at worst."""
    monkeypatch.setattr(pairs, "LOOPS", 2)
    monkeypatch.setattr(pairs, "LOOP_FIELDS", 8)
    monkeypatch.setattr(pairs, "LATER_FIELDS", 3)
    monkeypatch.setattr(pairs, "LEAD", 1)
    pictures = read_scene(scene.clip, NTSC, 5, module.SKIP)
    loop = pictures + pictures[-2:0:-1]

    def enhanced(tape: Path, camera: Path | None, standard: object, out: Path) -> Path:
        spec = FilmSpec(720, 480, Fraction(60000, 1001), codec="ffv1")
        with FilmWriter(out, spec) as writer:
            for number in range(16):
                full = loop[number % 8] if camera else np.full_like(loop[0], 128)
                writer.write(truth_of(full, 0.0))
        return out

    monkeypatch.setattr(pairs, "enhanced", enhanced)
    found = gain_of(scene.clip, "good", 5, tmp_path)
    assert found.camera == 100.0
    assert found.alone < 30
    assert found.gain == found.camera - found.alone
    tape, camera = probe(tmp_path / "tape.mkv"), probe(tmp_path / "camera.mkv")
    assert (tape.field_order, tape.pixel_format, tape.frames) == ("bff", "yuv422p", 8)
    assert (camera.field_order, camera.width, round(camera.duration_s * 60)) == ("progressive", 1280, 13)
    assert sum(len(b) for b in read_sound(tmp_path / "tape.mkv", 8000)) == pytest.approx(2133, abs=60)
    assert len(list(read_pictures(tmp_path / "camera.mkv"))) == 13
    assert LATER_FIELDS < LOOP_FIELDS
    assert LOOPS > 2
