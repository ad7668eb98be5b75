"""Films of pieces: what is kept between runs, what is thrown away, and shapes of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.core.config import Config
from appliance.core.media import MediaInfo, probe, read_pictures, read_sound
from appliance.core.problems import Problem
from appliance.core.snapshot import JobProgress
from appliance.core.types import IDENTITY, Picture, Registration, Stage, SyncEstimate
from appliance.encode.digest import sha256_file
from appliance.enhance.double import Fine, doubled, halved_picture
from appliance.enhance.runtime import Runtime
from appliance.worker import making as module
from appliance.worker.files import with_choices
from appliance.worker.film import View
from appliance.worker.making import Made, Making, film_pair, single_film
from appliance.worker.outputs import film_of
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.steps import PieceRegistration, PieceSync

WriteFilm = Callable[..., Path]


pytestmark = pytest.mark.usefixtures("one_runtime")


@pytest.fixture
def config() -> Config:
    return Config.model_validate({"work": {"chunk_s": 0.2}, "encode": {"preset": "ultrafast"}})


def progress(told: list[JobProgress] | None = None) -> Progress:
    return Progress("t", told.append if told is not None else lambda step: None)


def making(piece: Piece, config: Config, work: Path, *more: Piece) -> Making:
    pieces = (piece, *(replace(p, index=n) for n, p in enumerate(more, 1)))
    return Making(pieces, piece.tape.field_order, work, config, "t")


def one(piece: Piece, config: Config, tmp_path: Path, name: str = "film.mp4") -> MediaInfo:
    single_film(making(piece, config, tmp_path / "work"), tmp_path / name, progress())
    return probe(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("film.mp4", (96, 64), (96, 64)),
        ("film.mkv", (96, 64), (96, 64)),
        ("film.mkv", (97, 65), (97, 65)),
        ("film.mp4", (97, 65), (98, 66)),
    ],
)
def test_a_film_has_the_tapes_size(
    name: str,
    size: tuple[int, int],
    expected: tuple[int, int],
    write_film: WriteFilm,
    config: Config,
    tmp_path: Path,
) -> None:
    film = one(piece_of_files(write_film("tape.mkv", range(7), size=size), None), config, tmp_path, name)
    assert (film.width, film.height, film.rate) == (*expected, 50)
    assert len(list(read_pictures(film.path))) == 14


@pytest.mark.parametrize(("order", "name"), [(3, "bff"), (2, "tff"), (1, "progressive")])
def test_ntsc_and_every_order(
    order: int, name: str, write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    rate = Fraction(30000, 1001)
    piece = piece_of_files(write_film("tape.mkv", range(12), rate=rate, order=order), None)
    assert piece.tape.field_order == name
    film = one(piece, config, tmp_path)
    assert film.rate == 2 * rate
    assert len(list(read_pictures(film.path))) == 24


@pytest.mark.parametrize("size", [(97, 65), (90, 50)])
def test_odd_sizes_have_an_access_copy_a_comparison_and_stills_too(
    size: tuple[int, int], write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(8), size=size), None)
    film_pair(making(piece, config, tmp_path / "work"), tmp_path, progress())
    assert probe(tmp_path / "film.mp4").frames == 16
    assert probe(tmp_path / "comparison.mp4").frames == 8
    assert len(list((tmp_path / "work/stills").glob("*.jpg"))) == 6


def test_a_larger_film_has_what_only_the_camera_could_resolve() -> None:
    rng = np.random.default_rng(2)
    sharp = cv2.GaussianBlur(rng.standard_normal((576, 704)), (0, 0), 0.8) * 60 + 128
    sharp[:, :400] = cv2.GaussianBlur(sharp, (0, 0), 6.0)[:, :400]
    grey = np.full((288, 352), 128, np.uint8)
    camera = Picture(np.clip(sharp, 0, 255).astype(np.uint8), grey, grey, 0.0)
    film = halved_picture(camera)
    fine = Fine(camera, film.y, np.full((288, 352), 255, np.uint8), 1.0)
    view = View(film, film, True, fine)
    assert film_of(view, 1) is film
    assert not np.array_equal(film_of(view, 2).y, doubled(film, None).y)
    assert np.array_equal(film_of(replace(view, fine=None), 2).y, doubled(film, None).y)


@pytest.mark.parametrize("size", [(96, 64), (97, 65)])
def test_studio_makes_films_of_twice_the_size_and_the_comparison_stays_as_it_is(
    size: tuple[int, int],
    write_film: WriteFilm,
    config: Config,
    tmp_path: Path,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    studio = replace(runtime, model=replace(runtime.model, looks=2, scale=2))
    monkeypatch.setattr("appliance.worker.models.open_session", lambda *given: studio)
    larger = config.model_copy(update={"enhance": config.enhance.model_copy(update={"tier": "studio"})})
    piece = piece_of_files(
        write_film("tape.mkv", range(6), size=size), write_film("camera.mkv", range(6), size=size, order=1)
    )
    kept = one(piece, larger, tmp_path, "film.mkv")
    assert (kept.width, kept.height) == (2 * size[0], 2 * size[1])
    assert len(list(read_pictures(kept.path))) == 12
    film_pair(making(piece, larger, tmp_path / "work"), tmp_path, progress())
    film_pair(making(piece, config, tmp_path / "usual"), tmp_path / "once", progress())
    for name, scale in (("film.mp4", 2), ("comparison.mp4", 1)):
        once, twice = probe(tmp_path / "once" / name), probe(tmp_path / name)
        assert (twice.width, twice.height) == (scale * once.width, scale * once.height)


def test_one_single_frame_is_a_film(write_film: WriteFilm, config: Config, tmp_path: Path) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(1)), None)
    film_pair(making(piece, config, tmp_path / "work"), tmp_path, progress())
    assert len(list(read_pictures(tmp_path / "film.mp4"))) == 2


def test_pieces_follow_each_other_each_with_its_own_sound(
    write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    silent = piece_of_files(write_film("a.mkv", range(10)), None)
    loud = piece_of_files(write_film("b.mkv", range(10), sound_s=0.4), None)
    made = film_pair(making(silent, config, tmp_path / "work", loud), tmp_path, progress())
    assert made.piece_frames == (10, 10)
    sound = [abs(block).max() for block in read_sound(tmp_path / "film.mp4", 8000)]
    assert max(sound[:2]) < 0.02 < max(sound[-2:])
    assert {issue.code for issue in made.issues} == {"tape-silent"}


def test_progress_only_grows_also_with_several_pieces(
    write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    camera = write_film("camera.mkv", range(10), sound_s=1.2, order=1)
    told: list[JobProgress] = []
    pieces = [piece_of_files(write_film(n, range(8), sound_s=1.2), camera) for n in ("a.mkv", "b.mkv")]
    film_pair(making(pieces[0], config, tmp_path / "work", pieces[1]), tmp_path, progress(told))
    fractions = [step.fraction for step in told]
    assert fractions == sorted(fractions)
    assert {step.stage for step in told} == {Stage.SYNC, Stage.REGISTER, Stage.ENHANCE, Stage.ENCODE}


def test_one_film_of_the_camera_helps_both_tapes_that_it_spans(
    write_film: WriteFilm, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = write_film("camera.mkv", range(20), order=1)
    pieces = [piece_of_files(write_film(name, range(8)), camera) for name in ("a.mkv", "b.mkv")]
    offsets_s = iter((-0.08, -0.4))
    monkeypatch.setattr(module, "sync_piece", lambda *more: PieceSync((SyncEstimate(next(offsets_s)),)))
    monkeypatch.setattr(module, "register_piece", lambda *more: PieceRegistration((Registration(IDENTITY),)))
    made = film_pair(making(pieces[0], config, tmp_path / "work", pieces[1]), tmp_path, progress())
    assert [sum(chunk.guided_fields for chunk in run) for run in made.runs] == [16, 16]


def test_work_of_other_settings_is_never_mixed_in(
    write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(12)), None)
    job = making(piece, config, tmp_path / "work")
    single_film(job, tmp_path / "a.mp4", progress())
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "work/piece-00").iterdir()}
    single_film(job, tmp_path / "b.mp4", progress())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work/piece-00").iterdir()} == kept
    assert sha256_file(tmp_path / "a.mp4") == sha256_file(tmp_path / "b.mp4")
    for other in (
        replace(job, order="bff"),
        replace(job, config=with_choices(config, "auto", 0.5)),
        replace(job, pieces=(replace(piece, blank_tail_s=0.2),)),
        replace(job, config=config.model_copy(update={"work": Config().work})),
    ):
        single_film(job, tmp_path / "a.mp4", progress())
        (tmp_path / "work/witness").touch()
        single_film(other, tmp_path / "c.mp4", progress())
        assert not (tmp_path / "work/witness").exists()


def test_a_film_that_came_out_wrong_is_made_anew_the_next_time(
    write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    """A chunk went bad on the disk: a retry must not join the same bad chunk again."""
    piece = piece_of_files(write_film("tape.mkv", range(12)), None)
    job = making(piece, config, tmp_path / "work")
    single_film(job, tmp_path / "good.mp4", progress())
    chunk = tmp_path / "work/piece-00/00001-film.mkv"
    chunk.write_bytes((tmp_path / "work/piece-00/00002-film.mkv").read_bytes()[:-40])
    (tmp_path / "work/piece-00/00002-film.mkv").write_bytes(b"")
    with pytest.raises(Problem) as caught:
        single_film(job, tmp_path / "film.mp4", progress())
    assert caught.value.issue.code == "film-wrong"
    assert not (tmp_path / "film.mp4").exists()
    single_film(job, tmp_path / "film.mp4", progress())
    assert sha256_file(tmp_path / "film.mp4") == sha256_file(tmp_path / "good.mp4")


def test_a_processor_that_cannot_be_had_is_said_before_any_work(
    write_film: WriteFilm, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.enhance.runtime import open_session

    monkeypatch.setattr("appliance.worker.models.open_session", open_session)
    monkeypatch.setattr(module, "sync_piece", lambda *arguments: pytest.fail("work was begun"))
    piece = piece_of_files(write_film("tape.mkv", range(4)), None)
    job = making(piece, with_choices(config, "tensorrt", 1.0), tmp_path / "work")
    with pytest.raises(Problem) as caught:
        single_film(job, tmp_path / "film.mp4", progress())
    assert caught.value.issue.code == "provider-missing"


def test_no_model_no_work(
    write_film: WriteFilm, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINREEL_MODELS", str(tmp_path / "nowhere"))
    piece = piece_of_files(write_film("tape.mkv", range(4)), None)
    with pytest.raises(Problem) as caught:
        single_film(making(piece, config, tmp_path / "work"), tmp_path / "film.mp4", progress())
    assert caught.value.issue.code == "model-damaged"
    assert not (tmp_path / "work").exists()


def test_what_was_made_is_counted() -> None:
    from appliance.worker.film import Chunk

    runs = ((Chunk(10, 20, False), Chunk(3, 1, True)), (Chunk(4, 0, True),))
    made = Made(runs, None, "cpu", "", (), (), ())  # type: ignore[arg-type]
    assert (made.piece_frames, made.frames, made.guided_fields) == ((13, 4), 17, 21)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_a_disk_that_is_full_when_all_is_joined(
    name: str, write_film: WriteFilm, config: Config, tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(12), sound_s=0.48), None)
    (tmp_path / f"{name}.part").symlink_to("/dev/full")
    with pytest.raises(Problem) as caught:
        single_film(making(piece, config, tmp_path / "work"), tmp_path / name, progress())
    assert caught.value.issue.code == "disk-full"
    assert not (tmp_path / name).exists()
    assert list((tmp_path / "work").glob("piece-00/*.json")), "what was done stays for the next time"
