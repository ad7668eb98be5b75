"""A film in chunks: whatever happens in the middle, the joined film is the same, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from appliance.core.media import probe, read_pictures
from appliance.core.problems import Problem
from appliance.core.types import IDENTITY, ModelInfo, Picture, Plane, Registration, SyncEstimate, SyncStep
from appliance.encode.digest import sha256_file
from appliance.encode.join import join
from appliance.encode.writer import FilmSpec, FilmWriter
from appliance.enhance.runtime import Runtime
from appliance.worker import film as module
from appliance.worker import reel
from appliance.worker.film import Chunk, Output, View, chunk_files, film_piece
from appliance.worker.following import known_after
from appliance.worker.guides import Guide
from appliance.worker.reel import Piece, piece_of_files

SPEC = FilmSpec(96, 64, Fraction(50), crf=20, keyframe_interval=10, threads=1)
WHOLE = Output("film", SPEC, lambda view: view.film)
HALF = Output("half", replace(SPEC, rate=Fraction(25)), lambda view: view.tape, every=2)
OUTPUTS = (WHOLE, HALF)
Make = Callable[..., tuple[Chunk, ...]]


class Killed(BaseException):
    """As SIGKILL would end it, but seen by the test."""


@pytest.fixture
def make(runtime: Runtime) -> Make:
    def film(
        piece: Piece, folder: Path, guide: Guide | None = None, *others: Guide, chunk: int = 4, **more: object
    ):  # type: ignore[no-untyped-def]
        on_view = more.pop("on_view", lambda field, view: None)
        outputs = more.pop("outputs", OUTPUTS)
        guides = (guide, *others) if guide else ()
        return film_piece(piece, "tff", guides, outputs, runtime, folder, chunk, on_view, **more)  # type: ignore[arg-type]

    return film


def joined(folder: Path, chunks: tuple[Chunk, ...]) -> list[str]:
    """Fingerprints of both films, joined."""
    digests = []
    for output in OUTPUTS:
        out = folder / f"{output.name}.mp4"
        join(chunk_files(folder, output.name, chunks), out, output.spec.rate)
        digests.append(sha256_file(out))
    return digests


def stop_at(field: int) -> Callable[[int, View], None]:
    def on_view(number: int, view: View) -> None:
        if number == field:
            raise Killed

    return on_view


def workers() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name in ("ahead", "sink")]


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 8, 11])
def test_two_pictures_a_frame_whatever_the_length(
    frames: int, make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(frames)), None)
    chunks = make(piece, tmp_path / "work")
    assert [c.frames for c in chunks] == [4] * (frames // 4) + [frames % 4] * (frames % 4 > 0)
    assert [c.last for c in chunks] == [False] * (len(chunks) - 1) + [True]
    joined(tmp_path / "work", chunks)
    assert len(list(read_pictures(tmp_path / "work/film.mp4"))) == 2 * frames
    assert len(list(read_pictures(tmp_path / "work/half.mp4"))) == frames


@pytest.fixture
def tape(write_film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Piece:
    """Frames are missing across a chunk's edge, in its middle, and for longer than the reader looks back."""
    monkeypatch.setattr(reel, "LEAD_S", 0.1)
    numbers = [0, 1, 2, 6, 7, *range(9, 12), *range(23, 28)]
    return piece_of_files(write_film("tape.mkv", numbers), None)


@pytest.fixture
def whole(make: Make, tape: Piece, tmp_path: Path) -> list[str]:
    """The fingerprints of the undisturbed run."""
    return joined(tmp_path / "whole", make(tape, tmp_path / "whole", chunk=6))


@pytest.mark.parametrize("field", [1, 13, 24, 42, 53, 55])
def test_a_run_that_was_cut_goes_on_to_the_same_bytes(
    field: int, make: Make, tape: Piece, whole: list[str], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    with pytest.raises(Killed):
        make(tape, work, chunk=6, on_view=stop_at(field))
    assert not list(work.glob("*.part"))
    assert joined(work, make(tape, work, chunk=6)) == whole
    assert workers() == []


def test_what_a_kill_leaves_between_two_names_is_made_again(
    make: Make, tape: Piece, whole: list[str], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    make(tape, work, chunk=6)
    for name in ("00002.json", "00002-half.mkv", *(p.name for p in work.glob("0000[34]*"))):
        (work / name).unlink()
    (work / "00002-film.mkv").write_bytes(b"of another run")
    (work / "00002-half.mkv.part").write_bytes(b"torn" * 100_000)
    assert joined(work, make(tape, work, chunk=6)) == whole
    assert not list(work.glob("*.part"))


@pytest.mark.parametrize("spoil", ["marker emptied by a power cut", "marker cut off", "output gone"])
def test_a_chunk_that_is_not_whole_is_made_again(
    spoil: str, make: Make, tape: Piece, whole: list[str], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    make(tape, work, chunk=6)
    if spoil == "output gone":
        (work / "00001-half.mkv").unlink()
    else:
        (work / "00001.json").write_text("" if "emptied" in spoil else '{"frames": 16')
    assert joined(work, make(tape, work, chunk=6)) == whole


def test_a_finished_piece_is_not_touched(make: Make, tape: Piece, tmp_path: Path) -> None:
    first = make(tape, tmp_path / "work", chunk=6)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()}
    assert make(tape, tmp_path / "work", chunk=6, on_view=stop_at(0)) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()} == stamps


def test_every_chunk_is_told_when_nothing_can_take_it_away(make: Make, tape: Piece, tmp_path: Path) -> None:
    told = []
    work = tmp_path / "work"
    make(tape, work, chunk=6, on_chunk=lambda: told.append(len(list(work.glob("*.json")))))
    assert told == [1, 2, 3, 4, 5]


def test_fields_are_told_by_their_number_in_the_piece(make: Make, tape: Piece, tmp_path: Path) -> None:
    seen: list[int] = []
    with pytest.raises(Killed):
        make(tape, tmp_path / "work", chunk=6, on_view=stop_at(15))
    make(tape, tmp_path / "work", chunk=6, on_view=lambda field, view: seen.append(field))
    assert seen == list(range(12, 56))


def test_a_tape_whose_first_picture_comes_late(
    make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    early = piece_of_files(write_film("early.mkv", range(12)), None)
    late = piece_of_files(write_film("late.mkv", range(12), sound_s=1.0), None)
    moved = write_film("moved.mkv", range(20, 32), sound_s=2.0)
    assert late.start_s == 0.0
    piece = piece_of_files(moved, None)
    assert piece.start_s == pytest.approx(0.8, abs=0.002)
    with pytest.raises(Killed):
        make(piece, tmp_path / "cut", on_view=stop_at(17))
    chunks = make(piece, tmp_path / "cut")
    assert sum(c.frames for c in chunks) == 12
    assert joined(tmp_path / "cut", chunks) == joined(tmp_path / "one", make(piece, tmp_path / "one"))
    assert sum(c.frames for c in make(early, tmp_path / "early")) == 12


@pytest.mark.parametrize(("tail_s", "frames"), [(0.2, 7), (0.48, 1), (5.0, 1)])
def test_a_blank_tail_stays_out_however_long(
    tail_s: float, frames: int, make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = replace(piece_of_files(write_film("tape.mkv", range(12)), None), blank_tail_s=tail_s)
    assert sum(c.frames for c in make(piece, tmp_path / "work")) == frames


def test_an_encoder_that_finds_the_disk_full_is_named_and_leaves_nothing(
    make: Make, tape: Piece, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "00001-half.mkv.part").symlink_to("/dev/full")
    with pytest.raises(Problem) as caught:
        make(tape, work, chunk=6)
    assert caught.value.issue.code == "disk-full"
    del caught
    assert workers() == []
    assert (work / "00000.json").is_file()
    assert not list(work.glob("00001*"))


def test_an_error_of_the_reader_comes_through_and_ends_every_thread(
    make: Make, tape: Piece, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(piece: Piece, first: int = 0) -> Iterator[Picture]:
        yield from list(read_pictures(piece.tape.path))[:5]
        raise ValueError("torn")

    monkeypatch.setattr(module, "tape_pictures", torn)
    with pytest.raises(ValueError, match="torn"):
        make(tape, tmp_path / "work", chunk=6)
    assert workers() == []
    assert not list((tmp_path / "work").iterdir())


def test_an_error_of_an_encoder_ends_every_thread(
    make: Make, tape: Piece, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(writer: FilmWriter, picture: Picture) -> None:
        raise ValueError("this encoder is broken")

    monkeypatch.setattr(FilmWriter, "write", full)
    with pytest.raises(ValueError, match="broken"):
        make(tape, tmp_path / "work", chunk=6)
    assert workers() == []


def guide_of(camera: Path, offset_s: float, steps: tuple[SyncStep, ...] = ()) -> Guide:
    return Guide(probe(camera), SyncEstimate(offset_s, steps=steps), Registration(IDENTITY), 1.0)


def test_the_film_goes_on_to_the_same_bytes_with_two_cameras(
    make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(24)))
    films = [write_film(name, range(12), codec="h264", order=1) for name in ("a.mp4", "b.mp4")]
    guides = [guide_of(film, offset_s) for film, offset_s in zip(films, (0.0, 0.4), strict=True)]
    with pytest.raises(Killed):
        make(piece, tmp_path / "cut", *guides, on_view=stop_at(29))
    cut, once = (make(piece, tmp_path / name, *guides) for name in ("cut", "once"))
    assert guided(once) > guided(make(piece, tmp_path / "first", guides[0])) > 0
    assert joined(tmp_path / "cut", cut) == joined(tmp_path / "once", once)
    assert workers() == []


def guided(chunks: tuple[Chunk, ...]) -> int:
    return sum(chunk.guided_fields for chunk in chunks)


@pytest.mark.parametrize(
    ("offset_s", "fields"),
    [(0.0, 24), (0.2, 14), (-0.16, 16), (10.0, 0), (-10.0, 0)],
    ids=["together", "camera later", "camera ended earlier", "camera after the tape", "camera before it"],
)
def test_the_camera_helps_where_it_ran(
    offset_s: float, fields: int, make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(12)), None)
    guide = guide_of(write_film("camera.mkv", range(12), order=1), offset_s)
    found = guided(make(piece, tmp_path / "work", guide))
    assert abs(found - fields) <= 4  # a picture counts up to 50 ms away from its moment
    assert (found == 0) == (fields == 0)
    assert workers() == []


def test_a_guide_net_sees_every_field_that_the_camera_saw_and_the_threads_end(
    make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(12)), None)
    guide = guide_of(write_film("camera.mkv", range(12), order=1), 0.0)
    asked: list[tuple[int, ...]] = []

    def answer(fields: Plane) -> Plane:
        asked.append(fields.shape)
        return np.full((24, *fields.shape[2:]), 128, np.uint8)

    net = Runtime(ModelInfo("net", "", "", "guide", 5), "cpu", "", answer)
    made = {
        name: joined(tmp_path / name, make(piece, tmp_path / name, used))
        for name, used in (("net", replace(guide, runtime=net)), ("rule", guide), ("alone", None))
    }
    assert asked == [(1, 49, 16, 24)] * 24
    assert made["net"] == made["rule"] != made["alone"]  # it adds nothing to what the rule has made
    assert workers() == []


def test_an_error_of_the_guide_net_comes_through(
    make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    def answer(fields: Plane) -> Plane:
        raise MemoryError("too small")

    net = Runtime(ModelInfo("net", "", "", "guide", 5), "cpu", "", answer)
    piece = piece_of_files(write_film("tape.mkv", range(12)), None)
    guide = replace(guide_of(write_film("camera.mkv", range(12), order=1), 0.0), runtime=net)
    with pytest.raises(MemoryError, match="too small"):
        make(piece, tmp_path / "work", guide)
    assert workers() == []


@pytest.mark.parametrize("name", ["camera.mkv", "camera.mp4", "camera.ts", "camera.avi"])
@pytest.mark.parametrize("length", [36, 8])
def test_a_camera_that_is_opened_in_its_middle_helps_in_the_same_way(
    name: str,
    length: int,
    make: Make,
    write_film: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when the run goes on where the camera had ended long before."""
    monkeypatch.setattr("appliance.worker.guides.CAMERA_LEAD_S", 0.5)
    piece = piece_of_files(write_film("tape.mkv", range(36)), None)
    camera = write_film(name, range(length), codec="h264", order=1)
    guide = guide_of(camera, 0.02)
    for field in (40, 67):
        with pytest.raises(Killed):
            make(piece, tmp_path / "cut", guide, chunk=10, on_view=stop_at(field))
    cut, once = (make(piece, tmp_path / name, guide, chunk=10) for name in ("cut", "once"))
    assert guided(cut) == guided(once) > 0
    assert joined(tmp_path / "cut", cut) == joined(tmp_path / "once", once)


@pytest.mark.parametrize("shift_s", [0.2, -0.2])
def test_a_clock_that_jumps_is_followed_also_when_the_run_was_cut(
    shift_s: float, make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    """Backwards too: one lost piece of the camera and the next moment lies before the last."""
    piece = piece_of_files(write_film("tape.mkv", range(24)), None)
    guide = guide_of(write_film("camera.mkv", range(24), order=1), 0.0, (SyncStep(0.4, shift_s),))
    with pytest.raises(Killed):
        make(piece, tmp_path / "cut", guide, on_view=stop_at(27))
    cut, once = make(piece, tmp_path / "cut", guide), make(piece, tmp_path / "once", guide)
    assert joined(tmp_path / "cut", cut) == joined(tmp_path / "once", once)
    assert guided(once) >= (36 if shift_s < 0 else 46)


def test_the_marker_says_how_long_a_chunk_is(make: Make, tape: Piece, tmp_path: Path) -> None:
    chunks = make(tape, tmp_path / "work", chunk=6)
    marked = [json.loads(path.read_text())["frames"] for path in sorted((tmp_path / "work").glob("*.json"))]
    assert marked == [c.frames for c in chunks] == [6, 6, 6, 6, 4]


def test_a_film_of_twice_the_size_has_the_cameras_fine_detail(
    runtime: Runtime, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(6)), None)
    guide = guide_of(write_film("camera.mkv", range(6), order=1), 0.0)
    seen: list[View] = []
    twice = replace(runtime, model=replace(runtime.model, scale=2))
    film_piece(
        piece, "tff", (guide,), (WHOLE,), twice, tmp_path / "work", 4, lambda field, view: seen.append(view)
    )
    assert len(seen) == 12
    for view in seen:
        assert view.film.y.shape == (64, 96)
        assert view.fine is not None
        assert (view.fine.guide.y.shape, view.fine.coverage.shape) == ((128, 192), (64, 96))
        assert view.fine.coverage[32, 48] == 255


def test_what_is_known_of_the_camera_goes_on_after_a_cut(
    make: Make, write_film: Callable[..., Path], tmp_path: Path
) -> None:
    """Its picture is of another moment, in which the patches lie elsewhere: the track has to move."""
    size = (192, 144)
    output = (Output("film", replace(SPEC, width=192, height=144), lambda view: view.film),)
    piece = piece_of_files(write_film("tape.mkv", range(12), size=size), None)
    guide = guide_of(write_film("camera.mkv", range(12), size=size, order=1), 0.04)
    whole: list[View] = []
    rest: list[View] = []
    make(piece, tmp_path / "once", guide, outputs=output, on_view=lambda _, view: whole.append(view))
    with pytest.raises(Killed):
        make(piece, tmp_path / "cut", guide, outputs=output, on_view=stop_at(17))
    assert (tmp_path / "cut" / "00000.track").is_file()
    make(piece, tmp_path / "cut", guide, outputs=output, on_view=lambda _, view: rest.append(view))
    assert len(rest) in (8, 16)
    for mine, other in zip(rest, whole[-len(rest) :], strict=True):
        assert np.array_equal(mine.film.y, other.film.y)
        assert mine.known is not None
        assert other.known is not None
        assert np.array_equal(mine.known.state.track.pose, other.known.state.track.pose)
    known = [view.known.state.track.pose for view in whole if view.known]
    assert len(known) == 24
    assert np.abs(known[7]).max() > 0.01
    assert any(view.lying is not None for view in whole)


@pytest.mark.parametrize("torn", ["", "{}", "[1]"])
def test_a_track_that_is_torn_begins_anew(torn: str, tmp_path: Path) -> None:
    (tmp_path / "00000.track").write_text(torn)
    assert known_after(tmp_path / "00000") is None
    assert known_after(tmp_path / "00001") is None
