"""What is worth a word: a camera left out, a silent film, a tape that ends before it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.media import probe
from appliance.core.types import IDENTITY, Issue, Registration, Severity, SyncEstimate
from appliance.worker.notices import camera_notices, cut_off, last_moment_s, notices
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.steps import PieceRegistration, PieceSync

WriteFilm = Callable[..., Path]
FOUND, LOST = Registration(IDENTITY), Registration(None, reason="It saw the ceiling")
TOGETHER, APART = SyncEstimate(0.0), SyncEstimate(None, reason="Elsewhere")


@pytest.fixture
def piece(write_film: WriteFilm) -> Piece:
    return piece_of_files(write_film("tape.mkv", range(25), sound_s=1.0), None)


def with_cameras(piece: Piece, count: int) -> Piece:
    paths = (Path(f"/card/{'ABCDEFGHIJ'[n]}.mp4") for n in range(count))
    return replace(piece, cameras=tuple(replace(piece.tape, path=path) for path in paths))


def said(
    pieces: list[Piece], syncs: list[list[SyncEstimate]], found: list[list[Registration]]
) -> list[Issue]:
    synced = [PieceSync(tuple(clips)) for clips in syncs]
    return camera_notices(pieces, synced, [PieceRegistration(tuple(clips)) for clips in found])


@pytest.mark.parametrize(
    ("synced", "registration", "codes"),
    [(TOGETHER, FOUND, []), (APART, LOST, ["camera-other"]), (TOGETHER, LOST, ["camera-unseen"])],
)
def test_a_camera_that_is_left_out_is_named_with_its_reason(
    synced: SyncEstimate, registration: Registration, codes: list[str], piece: Piece
) -> None:
    issues = said([with_cameras(piece, 1)], [[synced]], [[registration]])
    assert [issue.code for issue in issues] == codes
    assert all(issue.severity is Severity.NOTICE for issue in issues)
    assert all(issue.cause in ("Elsewhere.", "It saw the ceiling.") for issue in issues)


def test_without_a_camera_nothing_is_said(piece: Piece) -> None:
    assert said([piece], [[]], [[]]) == []


def test_those_that_did_not_help_are_named_beside_one_that_did(piece: Piece) -> None:
    (issue,) = said([with_cameras(piece, 3)], [[TOGETHER, APART, TOGETHER]], [[FOUND, LOST, LOST]])
    assert issue.code == "camera-left-out"
    assert issue.title.startswith("2 of the 3 ")
    assert issue.cause == "B.mp4: Elsewhere. C.mp4: It saw the ceiling."


def test_when_none_of_several_helped_the_film_is_of_the_tape_alone(piece: Piece) -> None:
    (issue,) = said([with_cameras(piece, 2)], [[APART, APART]], [[LOST, LOST]])
    assert (issue.code, issue.cause) == ("camera-other", "A.mp4: Elsewhere. B.mp4: Elsewhere.")


def test_a_recording_need_not_reach_over_every_piece_of_tape(piece: Piece) -> None:
    both = [with_cameras(piece, 2)] * 2
    assert said(both, [[TOGETHER, APART], [APART, TOGETHER]], [[FOUND, LOST], [LOST, FOUND]]) == []


def test_many_names_are_not_all_read_out(piece: Piece) -> None:
    (issue,) = said([with_cameras(piece, 9)], [[APART] * 9], [[LOST] * 9])
    assert "E.mp4: Elsewhere. And 4 more" in issue.cause
    assert "F.mp4" not in issue.cause


def test_the_same_word_is_said_once_for_all_pieces(piece: Piece) -> None:
    silent = replace(piece, tape=replace(piece.tape, has_audio=False))
    found = notices([silent, silent], [PieceSync(())] * 2, [PieceRegistration(())] * 2, [25, 25])
    assert [issue.code for issue in found] == ["tape-silent"]


def test_a_torn_tape_is_cut_off(piece: Piece, tmp_path: Path) -> None:
    whole = piece.tape.path.read_bytes()
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole[: len(whole) // 2])
    half = piece_of_files(torn, None)
    assert half.frames == 25, "the file still says so"
    assert last_moment_s(torn) < 0.9
    (issue,) = cut_off(half, 11)
    assert (issue.code, issue.severity) == ("cut-off", Severity.WARNING)
    assert "25 frames, and 11" in issue.cause


def test_sound_that_goes_on_after_the_pictures_is_no_cut(write_film: WriteFilm) -> None:
    longer = piece_of_files(write_film("tape.mkv", range(25), sound_s=3.0), None)
    assert longer.frames == 75
    assert cut_off(longer, 25) == []


def test_sound_that_begins_before_the_pictures_is_no_cut(write_film: WriteFilm) -> None:
    late = piece_of_files(write_film("tape.mkv", range(25, 50), sound_s=2.0), None)
    assert late.start_s == pytest.approx(1.0, abs=0.002)
    assert late.frames == 25
    assert cut_off(late, 25) == []


def test_a_whole_film_reaches_its_end(piece: Piece) -> None:
    assert last_moment_s(piece.tape.path) == pytest.approx(probe(piece.tape.path).duration_s, abs=0.05)
    assert cut_off(piece, 25) == []
