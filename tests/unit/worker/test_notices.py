"""What is worth a word: a camera left out, a silent film, a tape that ends before it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.media import probe
from appliance.core.types import IDENTITY, Registration, Severity, SyncEstimate
from appliance.worker.notices import cut_off, last_moment_s, notices, piece_notices
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.steps import PieceSync

WriteFilm = Callable[..., Path]
FOUND, LOST = Registration(IDENTITY), Registration(None, reason="It saw the ceiling")
TOGETHER, APART = PieceSync(0, SyncEstimate(0.0)), PieceSync(None, SyncEstimate(None, reason="Elsewhere"))


@pytest.fixture
def piece(write_film: WriteFilm) -> Piece:
    return piece_of_files(write_film("tape.mkv", range(25), sound_s=1.0), None)


@pytest.mark.parametrize(
    ("cameras", "synced", "registration", "codes"),
    [
        (1, TOGETHER, FOUND, []),
        (0, APART, LOST, []),
        (1, APART, LOST, ["camera-other"]),
        (1, TOGETHER, LOST, ["camera-unseen"]),
    ],
)
def test_a_camera_that_is_left_out_is_named_with_its_reason(
    cameras: int, synced: PieceSync, registration: Registration, codes: list[str], piece: Piece
) -> None:
    issues = piece_notices(replace(piece, cameras=(piece.tape,) * cameras), synced, registration)
    assert [issue.code for issue in issues] == codes
    assert all(issue.severity is Severity.NOTICE for issue in issues)
    assert all(issue.cause in ("Elsewhere.", "It saw the ceiling.") for issue in issues)


def test_the_same_word_is_said_once_for_all_pieces(piece: Piece) -> None:
    silent = replace(piece, tape=replace(piece.tape, has_audio=False))
    found = notices([silent, silent], [APART, APART], [LOST, LOST], [25, 25])
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
