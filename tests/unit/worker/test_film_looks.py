"""Films in other looks: what each is made of, and what happens where no camera is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.core.config import Config
from appliance.core.media import probe
from appliance.core.problems import Problem
from appliance.core.types import IDENTITY, Picture, Registration, SyncEstimate
from appliance.encode.digest import sha256_file
from appliance.enhance.look import RESTORED, TAPE, TWIN
from appliance.enhance.runtime import Runtime
from appliance.worker.files import FileJob, FileResult, enhance_files, work_folder
from appliance.worker.film import View, piece_views
from appliance.worker.guides import Guide
from appliance.worker.reel import Piece, piece_of_files

WriteFilm = Callable[..., Path]


@pytest.fixture
def piece(write_film: WriteFilm) -> Piece:
    return piece_of_files(write_film("tape.mkv", range(5)))


@pytest.fixture
def guide(write_film: WriteFilm) -> Guide:
    """The same scene, so that the camera is believed."""
    camera = probe(write_film("camera.mkv", range(5), order=1))
    return Guide(camera, SyncEstimate(0.0), Registration(IDENTITY), 1.0)


def views(piece: Piece, runtime: Runtime, look: float, *guides: Guide) -> list[View]:
    return list(piece_views(piece, "tff", guides, runtime, 0, look=look))


def light(view: View) -> np.ndarray:
    return view.film.y.astype(float)


def same(one: Picture, other: Picture) -> bool:
    return (
        np.array_equal(one.y, other.y) and np.array_equal(one.u, other.u) and np.array_equal(one.v, other.v)
    )


def test_the_look_tape_is_nearer_to_the_tapes_own_pixels(piece: Piece, runtime: Runtime) -> None:
    restored, tape = (views(piece, runtime, look) for look in (RESTORED, TAPE))
    for number, (one, other) in enumerate(zip(restored, tape, strict=True)):
        own = slice(number % 2, None, 2)  # the field's own lines
        pixels = one.tape.y[own].astype(float)
        assert np.abs(light(other)[own] - pixels).mean() < np.abs(light(one)[own] - pixels).mean()


def test_a_piece_goes_on_in_its_look(piece: Piece, runtime: Runtime) -> None:
    whole = views(piece, runtime, TAPE)
    later = list(piece_views(piece, "tff", (), runtime, 3, look=TAPE))
    assert all(same(a.film, b.film) for a, b in zip(later, whole[6:], strict=True))


def test_a_twin_without_a_camera_is_the_restored_film(piece: Piece, runtime: Runtime) -> None:
    pairs = zip(views(piece, runtime, RESTORED), views(piece, runtime, TWIN), strict=True)
    assert all(same(one.film, other.film) for one, other in pairs)


def test_looks_with_a_camera(piece: Piece, guide: Guide, runtime: Runtime) -> None:
    alone = views(piece, runtime, RESTORED)
    tape, restored, twin = (views(piece, runtime, look, guide) for look in (TAPE, RESTORED, TWIN))
    assert all(view.guided for view in twin[2:])
    assert not any(same(one.film, other.film) for one, other in zip(restored[2:], twin[2:], strict=True))
    assert not any(view.guided for view in tape)
    unheard = views(piece, runtime, TWIN, replace(guide, strength=0.0))
    assert all(same(one.film, other.film) for one, other in zip(alone[2:], unheard[2:], strict=True))


def run(tape: Path, out: Path, look: str, configured: object = "restored") -> FileResult:
    settings = {"enhance": {"look": configured}, "encode": {"preset": "ultrafast"}}
    wanted = FileJob(tape, (), out, "tff", "auto", 1.0, force=False, look=look)
    return enhance_files(wanted, Config.model_validate(settings), lambda fraction, text: None)


@pytest.mark.usefixtures("one_runtime")
def test_a_twin_of_a_file_alone_is_refused_before_the_work(write_film: WriteFilm, tmp_path: Path) -> None:
    tape, out = write_film("tape.mkv", range(3)), tmp_path / "film.mkv"
    for look in ("twin", "0.6"):
        with pytest.raises(Problem) as caught:
            run(tape, out, look)
        assert caught.value.issue.code == "look-needs-camera"
    job = FileJob(tape, (), out, "tff", "auto", 1.0, force=False)
    assert not work_folder(job).exists()


@pytest.mark.usefixtures("one_runtime")
def test_the_configurations_twin_gives_way_and_says_so(write_film: WriteFilm, tmp_path: Path) -> None:
    tape = write_film("tape.mkv", range(3))
    made = run(tape, tmp_path / "a.mkv", "", configured="twin")
    assert "look-alone" in [issue.code for issue in made.issues]
    plain = run(tape, tmp_path / "b.mkv", "restored", configured="twin")
    assert sha256_file(tmp_path / "a.mkv") == sha256_file(tmp_path / "b.mkv")
    assert (plain.as_json()["look"], [issue.code for issue in plain.issues]) == ("restored", ["tape-silent"])
    other = run(tape, tmp_path / "c.mkv", "tape")
    assert other.as_json()["look"] == "tape"
    assert sha256_file(tmp_path / "c.mkv") != sha256_file(tmp_path / "b.mkv")
