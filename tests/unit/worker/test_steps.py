"""The steps before the film: kept results, every camera recording in its place, moments both saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from appliance.core.types import IDENTITY, Picture, Registration, SyncEstimate, SyncWindow
from appliance.sync.track import Track
from appliance.worker import placing
from appliance.worker import steps as module
from appliance.worker.reel import Piece, heard, piece_of_files
from appliance.worker.steps import PieceSync, common_moments, once, picture_at, register_piece, sync_piece

WriteFilm = Callable[..., Path]


@dataclass(frozen=True)
class Thing:
    size: int


def untold(fraction: float, text: str) -> None: ...


def never() -> Thing:
    raise AssertionError("it was kept")


def test_a_kept_result_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "deep/thing.json"
    assert once(path, Thing, lambda: Thing(3)) == Thing(3)
    assert once(path, Thing, never) == Thing(3)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("broken", ["", "{", '{"size": "three"}', "[]"])
def test_one_that_a_power_cut_broke_is_made_again(broken: str, tmp_path: Path) -> None:
    (tmp_path / "thing.json").write_text(broken)
    assert once(tmp_path / "thing.json", Thing, lambda: Thing(4)) == Thing(4)
    assert once(tmp_path / "thing.json", Thing, never) == Thing(4)


def test_a_sync_comes_back_as_it_was(tmp_path: Path) -> None:
    clip = SyncEstimate(2.5, 80.0, windows=(SyncWindow(1, 3.5, 0.5),), confidence=0.9)
    kept = PieceSync((SyncEstimate(None, reason="Elsewhere."), clip))
    once(tmp_path / "sync.json", PieceSync, lambda: kept)
    assert once(tmp_path / "sync.json", PieceSync, lambda: pytest.fail("kept")) == kept


@pytest.fixture
def piece(write_film: WriteFilm) -> Piece:
    return piece_of_files(write_film("tape.mkv", range(25), sound_s=1.0), None)


def test_every_camera_recording_gets_its_place_and_the_tape_is_read_once(
    piece: Piece, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(
        [
            SyncEstimate(1.0, confidence=0.6),
            SyncEstimate(None, confidence=0.9),
            SyncEstimate(2.0, confidence=0.8),
        ]
    )

    foretold: list[float | None] = []

    def estimate(
        tape: Track, camera: Track, rate_hz: int, progress: Callable[[float], None], expected_s: float | None
    ) -> SyncEstimate:
        assert len(tape) == len(camera)
        foretold.append(expected_s)
        progress(0.5)
        return next(answers)

    read: list[Path] = []

    def sound(path: Path, on_block: Callable[[], None] = lambda: None) -> object:
        read.append(path)
        return heard(path, on_block)

    monkeypatch.setattr(placing, "estimate_sync", estimate)
    monkeypatch.setattr(placing, "estimate_light", lambda *a: SyncEstimate(None))
    monkeypatch.setattr(placing, "heard", sound)
    told: list[float] = []
    cameras = tuple(replace(piece.tape, path=copied(piece.tape.path, f"{n}.mkv")) for n in range(3))
    with_cameras = replace(piece, cameras=cameras, expected_s={cameras[2].path: 1.5})
    found = sync_piece(with_cameras, lambda fraction, text: told.append(fraction))
    assert [clip.offset_s for clip in found.clips] == [1.0, None, 2.0]
    assert found.placed == (0, 2)
    assert found.best.offset_s == 2.0
    assert sorted(read) == sorted([piece.tape.path, *(camera.path for camera in cameras)])
    assert foretold == [None, None, 1.5]
    assert told == sorted(told)
    assert 2 / 3 < told[-1] <= 1


def copied(path: Path, name: str) -> Path:
    return Path(shutil.copy(path, path.with_name(name)))


def test_no_camera_and_none_that_fits_say_why(piece: Piece, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sync_piece(piece, untold).best.reason == "There was no camera."
    for way in ("estimate_sync", "estimate_light"):
        monkeypatch.setattr(placing, way, lambda *a: SyncEstimate(None, reason="Something else."))
    with_camera = replace(piece, cameras=(piece.tape,))
    found = sync_piece(with_camera, untold)
    words = "Neither their sound nor their light belong together: Something else."
    assert (found.placed, found.best.reason) == ((), words)
    (clip,) = register_piece(with_camera, found, "tff", lambda fraction: None).clips
    assert clip == Registration(None, reason=words)


def test_each_placed_recording_is_registered_on_its_own(
    piece: Piece, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera stood elsewhere for the second one; the first was not placed at all."""
    seen: list[float] = []

    def estimate(pairs: list[tuple[Picture, Picture]], order: str, aspect: object) -> Registration:
        seen.append(pairs[0][1].time_s)
        return Registration(IDENTITY, confidence=len(seen) / 4)

    monkeypatch.setattr(module, "estimate_registration", estimate)
    synced = PieceSync((SyncEstimate(None), SyncEstimate(0.0), SyncEstimate(-0.4)))
    told: list[float] = []
    found = register_piece(replace(piece, cameras=(piece.tape,) * 3), synced, "tff", told.append)
    assert [clip.confidence for clip in found.clips] == [0.0, 0.25, 0.5]
    assert seen == [pytest.approx(0.02, abs=0.021), pytest.approx(0.42, abs=0.021)]
    assert told == [0.0, 1 / 3, 2 / 3]


@pytest.mark.parametrize(("offset_s", "count"), [(0.0, 25), (0.5, 12), (-0.5, 12), (5.0, 0), (-5.0, 0)])
def test_moments_are_those_that_both_have_seen(
    offset_s: float, count: int, piece: Piece, write_film: WriteFilm
) -> None:
    camera = piece_of_files(write_film("camera.mkv", range(25), order=1), None).tape
    sync = SyncEstimate(offset_s)
    pairs = list(common_moments(piece, camera, sync))
    assert len(pairs) == count
    for tape, other in pairs:
        assert abs(sync.camera_time(tape.time_s) - other.time_s) <= 0.021


def test_moments_keep_away_from_the_blank_end(piece: Piece) -> None:
    pairs = list(common_moments(replace(piece, blank_tail_s=0.6), piece.tape, SyncEstimate(0.0)))
    assert max(tape.time_s for tape, _ in pairs) < 0.4


def test_recordings_without_a_common_moment_are_not_registered(piece: Piece) -> None:
    apart = replace(piece, cameras=(piece.tape,))
    (found,) = register_piece(apart, PieceSync((SyncEstimate(9.0),)), "tff", lambda fraction: None).clips
    assert found.homography is None
    assert "no moment in common" in found.reason


def test_a_picture_outside_the_film_is_none(piece: Piece) -> None:
    assert picture_at(piece.tape, -0.1) is None
    assert picture_at(piece.tape, 9.0) is None
    found = picture_at(piece.tape, 0.41)
    assert found is not None
    assert found.time_s == pytest.approx(0.4, abs=0.002)
