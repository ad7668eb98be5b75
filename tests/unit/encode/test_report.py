"""The report: self-contained, harmless, and in plain words."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from appliance.core.types import (
    IDENTITY,
    Artifact,
    ArtifactRole,
    Issue,
    Registration,
    Role,
    Segment,
    Severity,
    SyncEstimate,
    SyncStep,
)
from appliance.encode.report import (
    ClipReport,
    PieceReport,
    ReportData,
    Still,
    duration,
    image,
    render_report,
    size,
    write_report,
)

JPEG, PNG = b"\xff\xd8jpeg", b"\x89PNG\r\n"


@pytest.fixture
def report() -> ReportData:
    return ReportData(
        title="Tape of 21 November",
        take_id="2026-11-21-0001",
        recorded_at="2026-11-21T10:00:00+00:00",
        standard="PAL, 720 × 576, 25 frames/s, interlaced",
        ended_by="end of tape",
        segments=(
            Segment(Role.TAPE, 0, "tape-00.mkv", 0.0, 60.0, 1500, 2, False, "Dongle"),
            Segment(Role.TAPE, 1, "tape-01.mkv", 64.5, 140.0, 3500, 0, True, "Dongle"),
            Segment(Role.CAMERA, 0, "camera-00.mkv", 2.6, 190.0, 5700, 0, True, "Camera"),
        ),
        film_frames=10000,
        guided_frames=9000,
        provider="CPU",
        provider_reason="no GPU was found",
        model_name="tape-live",
        model_sha256="ab" * 32,
        pieces=(
            PieceReport(
                (
                    ClipReport(
                        "camera-00.mkv",
                        SyncEstimate(-2.6, 80.3, (SyncStep(61.0, 0.04),), 0.97, residual_ms=0.35),
                        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
                        Registration(IDENTITY, residual_px=0.8, matches=1412, confidence=0.93),
                        190.0,
                    ),
                )
            ),
        ),
        stills=(Still(JPEG, PNG, "2.0 s"),),
        files=(Artifact("film.mp4", ArtifactRole.ACCESS, "cd" * 32, 123_456_789),),
        notes=(Issue("x", Severity.WARNING, "It was interrupted", "A cable came out.", "Nothing to do."),),
        settings={"Guide strength": "1.0"},
    )


class Reader(HTMLParser):
    """Collects every address that the page asks for, and checks that what opens closes."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def words(report: ReportData) -> str:
    return " ".join(re.sub(r"<style>.*</style>|<[^>]+>", " ", render_report(report), flags=re.DOTALL).split())


def test_it_needs_nothing_else_and_runs_nothing(report: ReportData) -> None:
    page = render_report(report)
    reader = read(page)
    assert len(reader.addresses) == 3
    assert all(address.startswith("data:image/") for address in reader.addresses)
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert "http" not in page
    assert "url(" not in page


def test_images_keep_their_kind(report: ReportData) -> None:
    kinds = [address.split(";")[0] for address in read(render_report(report)).addresses]
    assert kinds == ["data:image/jpeg", "data:image/png", "data:image/svg+xml"]


def test_what_a_device_calls_itself_cannot_change_the_page(report: ReportData) -> None:
    evil = "<script>alert('x')</script>\"&"
    segment = replace(report.segments[0], device=evil)
    page = render_report(replace(report, segments=(segment,), title=evil, settings={evil: evil}))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "script" not in read(page).tags


def test_it_says_what_was_recorded(report: ReportData) -> None:
    text = words(report)
    assert "3 min 20 s of tape, recorded on 2026-11-21" in text
    assert "ended because the tape had ended" in text
    assert "2 of its pictures were lost" in text
    assert "From 1 min 0 s on, 4.5 s of the tape were not recorded" in text
    assert "The camera helped with 90 % of the film" in text


def test_it_says_how_it_was_made(report: ReportData) -> None:
    text = words(report)
    assert "2.600 s before the tape" in text
    assert "+80.3 millionths" in text
    assert "1,412 matching points" in text
    assert "CPU: no GPU was found" in text
    assert f"tape-live SHA-256 {'ab' * 32}" in text
    assert f"film.mp4 the restored film 123.5 MB {'cd' * 32}" in text
    assert "It was interrupted. A cable came out. Nothing to do." in text


def test_an_unknown_ending_is_passed_over(report: ReportData) -> None:
    assert "The recording ended" not in words(replace(report, ended_by=""))


def test_a_tape_alone(report: ReportData) -> None:
    alone = replace(report, segments=report.segments[1:2], pieces=(), guided_frames=0, notes=(), stills=())
    text = words(alone)
    assert "There was no camera." in text
    assert "made from the tape alone" in text
    assert "No picture was lost" in text
    assert "There are no gaps" in text
    assert "What to know" not in text


def test_a_camera_that_filmed_something_else(report: ReportData) -> None:
    other = PieceReport(
        (ClipReport("a.mkv", SyncEstimate(None, reason="The sounds have nothing in common.")),)
    )
    assert "The camera was not used. The sounds have nothing in common." in words(
        replace(report, pieces=(other,))
    )


def test_every_film_of_the_camera_is_drawn_and_what_was_not_placed_is_named(report: ReportData) -> None:
    lost = Registration(None, reason="It saw the ceiling.")
    clips = (
        ClipReport(
            "B.MP4", SyncEstimate(41.5, confidence=0.9), "<svg xmlns='a'/>", Registration(IDENTITY), 20.0
        ),
        ClipReport("A.MP4", SyncEstimate(-3.0, confidence=0.8), "<svg xmlns='b'/>", lost, 10.0),
        ClipReport("C.MP4", SyncEstimate(None, reason="The sounds have nothing in common.")),
    )
    page = replace(report, stills=(), pieces=(PieceReport(clips),))
    text = words(page)
    assert len(read(render_report(page)).addresses) == 2, "one drawing for each that was placed"
    assert "B.MP4 Camera started 41.500 s after the tape, and ended when the tape was at 1 min 2 s" in text
    assert "so this recording was not used. It saw the ceiling." in text
    assert "Not placed on this tape C.MP4: The sounds have nothing in common." in text


def test_the_same_report_is_the_same_file(report: ReportData, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, report)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_numbers_as_a_person_says_them() -> None:
    assert [duration(s) for s in (4.21, 200.0, 3725.0)] == ["4.2 s", "3 min 20 s", "1 h 2 min"]
    assert [size(n) for n in (12, 3400, 5_600_000, 7_800_000_000)] == [
        "12 bytes",
        "3.4 kB",
        "5.6 MB",
        "7.8 GB",
    ]


def test_the_page_shows_how_each_placed_camera_lies(report: ReportData) -> None:
    def page(*clips: ClipReport) -> str:
        return render_report(replace(report, pieces=(PieceReport(clips),)))

    clip = report.pieces[0].placed[0]
    assert "Squares of tape and camera" not in page(clip)
    shown = replace(clip, checkerboard=JPEG + b"board", overlay=JPEG + b"lines")
    found = page(shown, shown)
    assert found.count(image(JPEG + b"board")) == found.count(image(JPEG + b"lines")) == 2
    lost = replace(shown, registration=Registration(None, reason="Nothing fits."))
    assert image(JPEG + b"board") not in page(lost)


@pytest.mark.parametrize("guided_frames", [0, 10])
def test_sentences_stand_apart(report: ReportData, guided_frames: int) -> None:
    page = render_report(replace(report, guided_frames=guided_frames))
    lead = page.split('class="lead">')[1].split("</p>")[0]
    assert re.search(r"[a-z]\.\S", lead) is None
