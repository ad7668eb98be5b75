"""The command as somebody types it: exit codes, what goes to stdout, help that teaches."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance import __version__, cli
from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity, SyncEstimate
from appliance.sync.latency import Latency
from appliance.worker import files, latencies
from appliance.worker.files import ClipSync, FileJob, FileResult, work_folder

TROUBLE = Problem("odd", "That is odd", "It is.", "Leave it.")
Type = Callable[..., int]


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Type:
    """Runs ``twinreel`` with these words in this process; the exit code."""
    monkeypatch.setenv("TWINREEL_ROOT", str(tmp_path / "box"))
    monkeypatch.setattr("appliance.ops.logs.setup_logging", lambda name: None)

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["twinreel", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0)

    return run


@pytest.fixture
def film(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[FileJob]]:
    """``enhance_files`` that answers at once, or raises."""

    def answer(*issues: Issue, error: BaseException | None = None) -> list[FileJob]:
        jobs: list[FileJob] = []

        def enhance(job: FileJob, config: Any, tell: Callable[[float, str], None]) -> FileResult:
            jobs.append(job)
            tell(0.5, "Restoring")
            if error is not None:
                raise error
            cut = any(issue.code == "cut-off" for issue in issues)
            estimate = SyncEstimate(1.5, 80.0)
            return FileResult(job.out, 10, 4, "cpu", "ab", estimate, issues, {"sync": 1.0}, cut)

        monkeypatch.setattr(files, "enhance_files", enhance)
        return jobs

    return answer


def test_a_film_that_is_made_ends_with_0(
    type_in: Type, film: Callable[..., list[FileJob]], capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = film()
    assert type_in("enhance", "tape.mkv", "--camera", "b.mp4", "--camera", "a.mp4", "-o", "film.mp4") == 0
    assert jobs[0].cameras == (Path("b.mp4"), Path("a.mp4"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "20 pictures, 4 of them with the camera's help" in err


def test_json_is_all_that_stdout_gets(
    type_in: Type, film: Callable[..., list[FileJob]], capsys: pytest.CaptureFixture[str]
) -> None:
    film(Issue("camera-other", Severity.NOTICE, "Restored alone", "Elsewhere.", "Nothing."))
    assert type_in("enhance", "tape.mkv", "-o", "film.mp4", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["issues"] == ["camera-other"]
    assert "Restored alone" in err


def test_a_tape_that_was_cut_off_ends_with_3(type_in: Type, film: Callable[..., list[FileJob]]) -> None:
    film(Issue("cut-off", Severity.WARNING, "Cut off", "Torn.", "Copy it."))
    assert type_in("enhance", "tape.mkv", "-o", "film.mp4", "-q") == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TROUBLE, "That is odd"),
        (PermissionError(13, "Permission denied", "there"), "there cannot be used"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_every_other_trouble_ends_with_1_cause_and_remedy(
    error: BaseException,
    words: str,
    type_in: Type,
    film: Callable[..., list[FileJob]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    film(error=error)
    assert type_in("enhance", "tape.mkv", "-o", "film.mp4", "--json") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "What to do:" in err


@pytest.mark.parametrize("kept", [True, False])
def test_ctrl_c_ends_quietly_and_says_what_is_kept(
    kept: bool,
    type_in: Type,
    film: Callable[..., list[FileJob]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    jobs = film(error=KeyboardInterrupt())
    if kept:
        (tmp_path / "film.mp4.unfinished").mkdir()
    assert type_in("enhance", "tape.mkv", "-o", tmp_path / "film.mp4") == 130
    assert work_folder(jobs[0]) == tmp_path / "film.mp4.unfinished"
    err = capsys.readouterr().err
    assert ("the same command goes on" in err) is kept
    assert "Traceback" not in err
    assert "Abort" not in err


def test_ctrl_c_in_any_command_ends_with_130(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "sync_files", interrupted)
    assert type_in("sync", "a.mkv", "b.mkv") == 130


@pytest.mark.parametrize("places", [("--strength", "2"), ("--colour",), ()])
def test_words_that_mean_nothing_are_refused(places: tuple[str, ...], type_in: Type) -> None:
    assert type_in("enhance", "tape.mkv", *places) == 2


def sync_answer(monkeypatch: pytest.MonkeyPatch, estimate: SyncEstimate, issue: Issue | None = None) -> None:
    def answer(tapes: list[Path], cameras: list[Path], tell: object, way: str) -> object:
        return tuple(ClipSync(t, c, estimate, issue) for t in tapes for c in cameras), ()

    monkeypatch.setattr(files, "sync_files", answer)


def test_sync_in_words_and_as_json(
    type_in: Type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync_answer(monkeypatch, SyncEstimate(-2.5, 80.0, confidence=0.9))
    assert type_in("sync", "a.mkv", "b.mkv") == 0
    assert "offset -2.5000 s, drift +80.0 ppm, confidence 0.90" in capsys.readouterr().out
    assert type_in("sync", "a.mkv", "b.mkv", "--json") == 0
    assert json.loads(capsys.readouterr().out)["offset_s"] == -2.5


def test_films_that_do_not_belong_together_are_an_answer_and_silence_is_a_trouble(
    type_in: Type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync_answer(monkeypatch, SyncEstimate(None, reason="Elsewhere."))
    assert type_in("sync", "a.mkv", "b.mkv") == 0
    assert "They do not belong together. Elsewhere." in capsys.readouterr().out
    sync_answer(monkeypatch, SyncEstimate(None), TROUBLE.issue)
    assert type_in("sync", "a.mkv", "b.mkv", "--json") == 1
    assert json.loads(capsys.readouterr().out)["offset_s"] is None


def test_several_films_on_several_tapes_are_a_list(
    type_in: Type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sync_answer(monkeypatch, SyncEstimate(-2.5, 80.0, confidence=0.9))
    assert type_in("sync", "one.mkv", "a.mp4", "b.mp4", "--tape", "two.mkv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "one.mkv and a.mp4", "one.mkv and b.mp4", "two.mkv and a.mp4", "two.mkv and b.mp4"
    ]  # fmt: skip
    assert type_in("sync", "one.mkv", "a.mp4", "b.mp4", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(clip["camera"], clip["offset_s"]) for clip in facts] == [("a.mp4", -2.5), ("b.mp4", -2.5)]


def test_without_a_box_the_button_says_so(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("status", "--json"), ("press", "record")):
        assert type_in(*words) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "recorder does not answer" in err


def test_a_button_that_does_not_exist(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("press", "rewind") == 1
    assert "record, stop, press, eject" in capsys.readouterr().err


def test_a_root_that_cannot_be(type_in: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert type_in("--root", tmp_path / "file/box", "worker") == 1
    assert "cannot be used" in capsys.readouterr().err


def test_a_second_worker_on_the_same_box_is_refused(
    type_in: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from appliance.app import alone

    (tmp_path / "box/run/twinreel").mkdir(parents=True)
    with alone(tmp_path / "box/run/twinreel/worker.lock", "worker"):
        assert type_in("worker") == 1
    assert "already running" in capsys.readouterr().err


def test_the_models_are_listed_with_where_they_run(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("models", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["sha256"]) == 64
    assert facts["provider"] in ("tensorrt", "cuda", "cpu")


def test_the_version(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("version") == 0
    assert capsys.readouterr().out == f"twinreel {__version__}\n"


def commands() -> list[str]:
    return [command.name or command.callback.__name__ for command in cli.app.registered_commands]  # type: ignore[union-attr]


@pytest.mark.parametrize("command", [*commands(), "bench"])
def test_every_command_and_every_option_explains_itself(
    command: str, type_in: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer.main

    assert type_in(command, "--help") == 0
    text = capsys.readouterr().out
    assert "Usage: twinreel" in text
    found = typer.main.get_command(cli.app).commands[command]  # type: ignore[attr-defined]
    assert found.help
    assert [p.name for p in found.params if not getattr(p, "help", None) and p.name != "help"] == []


def test_the_first_help_shows_a_way_in(type_in: Type, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_in("--help") == 0
    text = capsys.readouterr().out
    assert "twinreel demo" in text
    assert "twinreel enhance TAPE.mkv -o FILM.mp4" in text


def test_a_devices_delay_is_measured_and_kept_only_when_asked(
    type_in: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Latency(0.0412, 5, 6, 0.003)
    monkeypatch.setattr(
        latencies, "latency_of_file", lambda film, device, tell: (found, f"{device} 720x576i25")
    )
    kept = tmp_path / "box/var/lib/twinreel/latency.json"
    assert type_in("latency", "claps.mkv", "--device", "grabber") == 0
    assert "the sound comes 41 ms after the picture (5 of 6 claps agree to 3 ms)" in capsys.readouterr().out
    assert not kept.exists()
    assert type_in("latency", "claps.mkv", "--device", "grabber", "--keep", "--json") == 0
    assert json.loads(capsys.readouterr().out)["late_s"] == 0.0412
    assert latencies.load_latencies(kept) == {"grabber 720x576i25": 0.0412}
