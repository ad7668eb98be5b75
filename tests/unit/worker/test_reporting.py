"""What the report is told of a film."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from appliance.core.config import Config
from appliance.core.types import (
    IDENTITY,
    Artifact,
    ArtifactRole,
    ModelInfo,
    Registration,
    Role,
    SyncEstimate,
    Take,
    TakeState,
)
from appliance.encode.report import ReportData
from appliance.worker import reporting as module
from appliance.worker.film import Chunk
from appliance.worker.making import Made, Making
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.reporting import file_segments, report_data, standard_of, write_take_report
from appliance.worker.steps import PieceRegistration, PieceSync

WriteFilm = Callable[..., Path]


@pytest.fixture
def making(write_film: WriteFilm, tmp_path: Path) -> Making:
    tape, camera = write_film("tape.mkv", range(10)), write_film("camera.mkv", range(10), order=1)
    return Making((piece_of_files(tape, camera),), "tff", tmp_path / "work", Config(), "tape.mkv")


def made(camera: int | None, registration: Registration) -> Made:
    model = ModelInfo("net", "net.onnx", "ab" * 32, "live", 5)
    sync = PieceSync(
        (SyncEstimate(0.5 if camera is not None else None, confidence=0.9, reason="Elsewhere."),)
    )
    registered = PieceRegistration((registration,))
    return Made(((Chunk(10, 7, True),),), model, "cpu", "CPU: a test.", (sync,), (registered,), ())


def data(making: Making, what: Made) -> ReportData:
    return report_data(making, what, "Title", "2026", "button", (), ())


def test_the_figures_of_the_film(making: Making) -> None:
    told = data(making, made(0, Registration(IDENTITY, confidence=0.8)))
    assert (told.film_frames, told.guided_frames) == (20, 7)
    assert (told.provider, told.model_sha256) == ("cpu", "ab" * 32)
    (piece,) = told.pieces
    (clip,) = piece.clips
    assert "<svg" in clip.sync_svg
    assert (clip.name, clip.end_s) == ("camera.mkv", pytest.approx(0.9, abs=0.01))
    assert clip.registration is not None
    assert told.settings["fields"] == "tff"


def test_a_film_that_was_not_placed_has_no_plot_and_no_registration(making: Making) -> None:
    (piece,) = data(making, made(None, Registration(None))).pieces
    (clip,) = piece.not_placed
    assert (clip.sync_svg, clip.registration, clip.sync.reason) == ("", None, "Elsewhere.")


def test_stills_are_told_with_their_moment(making: Making) -> None:
    stills = making.work / "stills"
    stills.mkdir(parents=True)
    for name in ("before-1", "after-1", "before-2", "after-2"):
        (stills / f"{name}.jpg").write_bytes(name.encode())
    told = data(making, made(None, Registration(None))).stills
    assert [(s.before, s.after, s.caption) for s in told] == [
        (b"before-1", b"after-1", "at 50% of the tape"),
        (b"before-2", b"after-2", "at 75% of the tape"),
    ]


@pytest.mark.parametrize(
    ("size", "order", "text"),
    [
        ((720, 576), "tff", "PAL, 720 × 576, 25 frames/s, interlaced (tff)"),
        ((720, 480), "bff", "NTSC, 720 × 480, 25 frames/s, interlaced (bff)"),
        ((96, 64), "progressive", "96 × 64, 25 frames/s, progressive"),
    ],
)
def test_the_standard_in_words(size: tuple[int, int], order: str, text: str, making: Making) -> None:
    from dataclasses import replace

    tape = replace(making.pieces[0].tape, width=size[0], height=size[1], rate=Fraction(25))
    assert standard_of(tape, order) == text


def test_plain_files_are_listed_as_recorded(making: Making) -> None:
    piece: Piece = making.pieces[0]
    segments = file_segments(piece.tape, piece.cameras)
    assert [(s.role, s.path, s.frames) for s in segments] == [
        (Role.TAPE, "tape.mkv", 10),
        (Role.CAMERA, "camera.mkv", 10),
    ]


def test_the_report_of_a_take_is_written(
    making: Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    monkeypatch.setattr(module, "write_report", lambda path, told: written.append((path, told)))
    take = Take("a", "2026-11-21T10:00:00+00:00", TakeState.RECORDED, ended_by="power")
    files = (Artifact("film.mp4", ArtifactRole.ACCESS, "00", 1),)
    write_take_report(tmp_path / "report.html", take, making, made(None, Registration(None)), files)
    (path, told) = written[0]
    assert path == tmp_path / "report.html"
    assert (told.title, told.ended_by, told.files) == ("Take a", "power", files)
