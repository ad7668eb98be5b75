"""Plain files in this process: what is refused before the work, and what a trouble leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.config import Config
from appliance.core.media import probe
from appliance.core.problems import Problem
from appliance.encode.digest import sha256_file
from appliance.worker import files as module
from appliance.worker.files import FileJob, FileResult, enhance_files, sync_files, work_folder

WriteFilm = Callable[..., Path]
CONFIG = Config.model_validate({"work": {"chunk_s": 0.2}, "encode": {"preset": "ultrafast"}})


pytestmark = pytest.mark.usefixtures("one_runtime")


def job(tape: Path, out: Path, **more: object) -> FileJob:
    facts = {"cameras": (), "field_order": "auto", "provider": "auto", "strength": 1.0, "force": False}
    return FileJob(tape, out=out, **(facts | more))  # type: ignore[arg-type]


def run(wanted: FileJob) -> FileResult:
    return enhance_files(wanted, CONFIG, lambda fraction, text: None)


def refused(wanted: FileJob) -> str:
    with pytest.raises(Problem) as caught:
        run(wanted)
    return caught.value.issue.code


def test_a_film_and_nothing_else(write_film: WriteFilm, tmp_path: Path) -> None:
    tape = write_film("tape.mkv", range(8), sound_s=0.32)
    told: list[float] = []
    result = enhance_files(
        job(tape, tmp_path / "new/film.mkv"), CONFIG, lambda fraction, text: told.append(fraction)
    )
    assert probe(tmp_path / "new/film.mkv").codec == "ffv1"
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new/film.mkv"]
    assert told == sorted(told)
    facts = result.as_json()
    assert (facts["tape_frames"], facts["film_frames"], facts["offset_s"]) == (8, 16, None)
    assert not result.incomplete


def test_a_folder_gets_everything(write_film: WriteFilm, tmp_path: Path) -> None:
    run(job(write_film("tape.mkv", range(8)), tmp_path / "out"))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    stills = {f"{side}-{n}.jpg" for side in ("before", "after") for n in (1, 2, 3)}
    assert names == {"film.mp4", "comparison.mp4", "report.html", *stills}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "tape.mkv"]


def test_nothing_is_written_over_unasked(write_film: WriteFilm, tmp_path: Path) -> None:
    tape = write_film("tape.mkv", range(4))
    for out in (tmp_path / "film.mp4", tmp_path / "out"):
        taken = out if out.suffix else out / "film.mp4"
        taken.parent.mkdir(exist_ok=True)
        taken.write_text("somebody's film")
        assert refused(job(tape, out)) == "output-exists"
        assert taken.read_text() == "somebody's film"
        run(job(tape, out, force=True))
        assert probe(taken).frames == 8


def test_a_folder_that_holds_other_things_is_used(write_film: WriteFilm, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").mkdir()
    (tmp_path / "a.mp4/letter.txt").touch()
    run(job(write_film("tape.mkv", range(4)), tmp_path / "a.mp4"))
    assert (tmp_path / "a.mp4/film.mp4").is_file()
    assert (tmp_path / "a.mp4/letter.txt").is_file()


def test_the_folder_one_stands_in(
    write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    tape = write_film("tape.mkv", range(4))
    monkeypatch.chdir(tmp_path / "here")
    run(job(tape, Path()))
    assert (tmp_path / "here/film.mp4").is_file()


def test_choices_that_do_not_exist(write_film: WriteFilm, tmp_path: Path) -> None:
    tape = write_film("tape.mkv", range(2))
    assert refused(job(tape, tmp_path / "film.mp4", provider="abacus")) == "config-wrong"
    assert refused(job(tape, tmp_path / "film.mp4", tier="gigantic")) == "tier-unknown"
    assert refused(job(tape, tmp_path / "film.mp4", field_order="up")) == "field-order"
    assert refused(job(tape, tmp_path / "film.docx")) == "output-kind"
    assert refused(job(tape, tape, force=True)) == "output-is-input"
    assert [p.name for p in tmp_path.iterdir()] == ["tape.mkv"]


def test_a_frame_that_no_model_takes_is_refused_and_leaves_nothing(
    write_film: WriteFilm, tmp_path: Path
) -> None:
    tape = write_film("tape.mkv", range(2), size=(16, 8))
    assert refused(job(tape, tmp_path / "film.mp4")) == "frame-size"
    assert [p.name for p in tmp_path.iterdir()] == ["tape.mkv"]


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("order", ["auto", "bff", "progressive"])
def test_a_clip_that_is_shorter_than_the_window_is_a_film(
    write_film: WriteFilm, tmp_path: Path, frames: int, order: str
) -> None:
    tape = write_film("tape.mkv", range(frames))
    assert run(job(tape, tmp_path / "film.mp4", field_order=order)).frames == frames
    assert probe(tmp_path / "film.mp4").frames == 2 * frames


def test_places_that_cannot_be_written(write_film: WriteFilm, tmp_path: Path) -> None:
    tape = write_film("tape.mkv", range(2))
    (tmp_path / "file").touch()
    assert refused(job(tape, tmp_path / "file/film.mp4")) == "output-folder"
    assert refused(job(tape, Path("/proc/film.mp4"))) == "output-folder"


def test_a_trouble_before_the_first_chunk_leaves_nothing(
    write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINREEL_MODELS", str(tmp_path / "nowhere"))
    wanted = job(write_film("tape.mkv", range(4)), tmp_path / "film.mp4")
    assert refused(wanted) == "model-damaged"
    assert [p.name for p in tmp_path.iterdir()] == ["tape.mkv"]


def test_what_was_done_before_an_interruption_stays_and_is_used(
    write_film: WriteFilm, tmp_path: Path
) -> None:
    tape = write_film("tape.mkv", range(20))
    run(job(tape, tmp_path / "whole.mp4"))
    wanted = job(tape, tmp_path / "film.mp4")

    def interrupt(fraction: float, text: str) -> None:
        if "20 of 40" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enhance_files(wanted, CONFIG, interrupt)
    kept = {path: path.stat().st_mtime_ns for path in work_folder(wanted).glob("piece-00/*.json")}
    assert kept
    seen: list[dict[Path, int]] = []

    def look(fraction: float, text: str) -> None:
        if "30 of 40" in text:
            seen.append({path: path.stat().st_mtime_ns for path in kept})

    enhance_files(wanted, CONFIG, look)
    assert seen == [kept]
    assert not work_folder(wanted).exists()
    assert sha256_file(tmp_path / "film.mp4") == sha256_file(tmp_path / "whole.mp4")


def test_a_disk_that_becomes_full_outside_an_encoder_is_named_too(
    write_film: WriteFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "key")

    monkeypatch.setattr(module, "single_film", full)
    assert refused(job(write_film("tape.mkv", range(2)), tmp_path / "film.mp4")) == "disk-full"


def test_a_file_without_sound_is_named(write_film: WriteFilm) -> None:
    silent, loud = write_film("a.mkv", range(4)), write_film("b.mkv", range(4), sound_s=0.16)
    (found,), _ = sync_files([loud], [silent], lambda fraction, text: None)
    assert found.estimate.offset_s is None
    assert found.trouble is not None
    assert (found.trouble.code, "a.mkv" in found.trouble.title) == ("no-sound", True)
    assert "They do not belong together" in found.sentence()


def test_every_film_of_a_card_is_placed_on_every_tape(write_film: WriteFilm, tmp_path: Path) -> None:
    """One film that is broken keeps no other back."""
    tapes = [write_film(name, range(4), sound_s=6.0) for name in ("one.mkv", "two.mkv")]
    (tmp_path / "card/DCIM").mkdir(parents=True)
    for name in ("A.mkv", "B.mkv"):
        write_film(name, range(4), sound_s=6.0 if name[0] == "A" else None).rename(
            tmp_path / "card/DCIM" / name
        )
    (tmp_path / "card/DCIM/C.mp4").write_text("torn")
    told: list[float] = []
    found, unread = sync_files(tapes, [tmp_path / "card"], lambda fraction, text: told.append(fraction))
    assert [(c.tape.name, c.camera.name, c.trouble is None) for c in found] == [
        ("one.mkv", "A.mkv", True),
        ("one.mkv", "B.mkv", False),
        ("two.mkv", "A.mkv", True),
        ("two.mkv", "B.mkv", False),
    ]
    assert [issue.code for issue in unread] == ["camera-broken"]
    assert told == sorted(told)


def test_all_films_of_a_card_help_with_the_film(write_film: WriteFilm, tmp_path: Path) -> None:
    tape, camera = write_film("tape.mkv", range(8), sound_s=6.0), tmp_path / "card"
    camera.mkdir()
    for name in ("A.mkv", "B.mkv"):
        write_film(name, range(4), sound_s=6.0, order=1).rename(camera / name)
    alone = write_film("C.mkv", range(4), order=1)
    (camera / "D.mp4").write_text("torn")
    facts = run(job(tape, tmp_path / "film.mp4", cameras=(camera, alone))).as_json()
    assert [Path(clip["camera"]).name for clip in facts["cameras"]] == ["A.mkv", "B.mkv", "C.mkv"]
    assert [clip["offset_s"] is None for clip in facts["cameras"]] == [False, False, True]
    assert facts["offset_s"] == pytest.approx(0.0, abs=0.001)
    assert "camera-broken" in facts["issues"]


def test_a_named_film_that_is_broken_or_would_be_written_over_is_refused(
    write_film: WriteFilm, tmp_path: Path
) -> None:
    tape, good = write_film("tape.mkv", range(4)), write_film("good.mkv", range(4))
    (tmp_path / "torn.mkv").write_text("torn")
    assert refused(job(tape, tmp_path / "film.mp4", cameras=(good, tmp_path / "torn.mkv"))) == "not-a-film"
    assert refused(job(tape, good, cameras=(tape, good), force=True)) == "output-is-input"


def test_two_films_of_one_event_are_found_to_be(write_film: WriteFilm) -> None:
    both = [write_film(name, range(4), sound_s=6.0) for name in ("a.mkv", "b.mkv")]
    told: list[float] = []
    (found,), _ = sync_files(both[:1], both[1:], lambda fraction, text: told.append(fraction))
    assert found.trouble is None
    assert found.estimate.offset_s == pytest.approx(0.0, abs=0.001)
    assert told == sorted(told)
