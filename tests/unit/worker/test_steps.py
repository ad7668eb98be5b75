"""The steps before the film: kept results, the camera that fits best, moments that both have seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from appliance.core.types import Registration, SyncEstimate, SyncWindow
from appliance.worker import placing as module
from appliance.worker.reel import Piece, piece_of_files
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
    kept = PieceSync(1, SyncEstimate(2.5, 80.0, windows=(SyncWindow(1, 3.5, 0.5),), confidence=0.9))
    once(tmp_path / "sync.json", PieceSync, lambda: kept)
    assert once(tmp_path / "sync.json", PieceSync, lambda: pytest.fail("kept")) == kept


@pytest.fixture
def piece(write_film: WriteFilm) -> Piece:
    return piece_of_files(write_film("tape.mkv", range(25), sound_s=1.0), None)


def test_the_most_certain_camera_wins(
    piece: Piece, write_film: WriteFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([SyncEstimate(1.0, confidence=0.6), SyncEstimate(None), SyncEstimate(2.0, confidence=0.8)])

    def estimate(tape: object, camera: object, rate_hz: int, progress: Callable[[float], None]):  # type: ignore[no-untyped-def]
        progress(0.5)
        return next(answers)

    monkeypatch.setattr(module, "estimate_sync", estimate)
    monkeypatch.setattr(module, "estimate_light", lambda *a: SyncEstimate(None))
    told: list[float] = []
    found = sync_piece(
        replace(piece, cameras=(piece.tape,) * 3), lambda fraction, text: told.append(fraction)
    )
    assert (found.camera, found.estimate.offset_s) == (2, 2.0)
    assert told == sorted(told)
    assert 2 / 3 < told[-1] <= 1


def test_no_camera_and_none_that_fits_say_why(piece: Piece, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sync_piece(piece, untold).estimate.reason == "There was no camera."
    for way in ("estimate_sync", "estimate_light"):
        monkeypatch.setattr(module, way, lambda *a: SyncEstimate(None, reason="Something else."))
    found = sync_piece(replace(piece, cameras=(piece.tape,)), untold)
    words = "Neither their sound nor their light belong together: Something else."
    assert (found.camera, found.estimate.reason) == (None, words)
    assert register_piece(piece, found, "tff") == Registration(None, reason=words)


@pytest.mark.parametrize(("offset_s", "count"), [(0.0, 8), (0.5, 8), (-0.5, 8), (5.0, 0), (-5.0, 0)], ids=str)
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
    found = register_piece(apart, PieceSync(0, SyncEstimate(9.0)), "tff")
    assert found.homography is None
    assert "no moment in common" in found.reason


def test_a_picture_outside_the_film_is_none(piece: Piece) -> None:
    assert picture_at(piece.tape, -0.1) is None
    assert picture_at(piece.tape, 9.0) is None
    found = picture_at(piece.tape, 0.41)
    assert found is not None
    assert found.time_s == pytest.approx(0.4, abs=0.002)
