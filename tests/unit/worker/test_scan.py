"""A file that is wrong about its fields: the pictures are believed, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.config import Config
from appliance.worker.files import FileJob, enhance_files, wanted_order
from appliance.worker.reel import Piece, piece_of_files
from appliance.worker.scan import looks, scan_of
from tests.unit.enhance.test_order import tape as moving_tape

WriteFilm = Callable[..., Path]
CONFIG = Config.model_validate({"encode": {"preset": "ultrafast"}})
CODES = {"tff": 2, "bff": 3, "progressive": 1}


@pytest.fixture
def wrong(write_film: WriteFilm) -> Callable[[str, str], Piece]:
    """A tape whose file says one thing and whose pictures show another."""

    def make(said: str, shown: str) -> Piece:
        light = [picture.y for picture in moving_tape(shown)]
        path = write_film("tape.mkv", range(24), size=(160, 120), order=CODES[said], light=light)
        return piece_of_files(path, None)

    return make


@pytest.mark.parametrize(
    ("said", "shown"), [("tff", "bff"), ("bff", "tff"), ("tff", "progressive"), ("progressive", "bff")]
)
def test_the_pictures_are_believed_and_the_file_is_named(wrong, said: str, shown: str) -> None:  # type: ignore[no-untyped-def]
    piece = wrong(said, shown)
    assert piece.tape.field_order == said
    order, (issue,) = scan_of(piece)
    assert (order, issue.code, issue.severity.value) == (shown, "order-other", "notice")
    assert "tape.mkv" in issue.cause


def test_a_file_that_is_right_is_not_talked_about(wrong) -> None:  # type: ignore[no-untyped-def]
    assert scan_of(wrong("bff", "bff")) == ("bff", ())


def test_who_insists_is_obeyed(wrong) -> None:  # type: ignore[no-untyped-def]
    assert wanted_order("tff", wrong("tff", "bff")) == ("tff", ())
    assert wanted_order("auto", wrong("tff", "bff"))[0] == "bff"


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_hardly_any_frames_are_taken_as_the_file_says(write_film: WriteFilm, frames: int) -> None:
    assert scan_of(piece_of_files(write_film("tape.mkv", range(frames)), None)) == ("tff", ())


def test_a_long_tape_is_looked_at_in_several_places(write_film: WriteFilm) -> None:
    piece = piece_of_files(write_film("tape.mkv", range(100)), None)
    starts = [next(pictures).time_s for pictures in looks(piece)]
    assert len(starts) == 6
    assert starts[0] < 0.5
    assert starts[-1] > 3.0


@pytest.mark.usefixtures("one_runtime")
def test_the_film_says_it(wrong, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    piece = wrong("tff", "bff")
    job = FileJob(piece.tape.path, (), tmp_path / "out", "auto", "auto", 1.0, False)
    result = enhance_files(job, CONFIG, lambda fraction, text: None)
    assert [issue.code for issue in result.issues] == ["order-other", "tape-silent"]
    assert "bottom field first" in (tmp_path / "out/report.html").read_text()
