"""What the command line prints, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.console import plain_lines, print_interrupted, print_issue, print_json, progress_bar
from appliance.core.types import Issue, Severity


def test_a_trouble_goes_to_stderr_with_cause_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    print_issue(Issue("x", Severity.ERROR, "The tape is torn", "It was old.", "Mend it."))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "twinreel: The tape is torn.",
        "  Cause: It was old.",
        "  What to do: Mend it.",
    ]


def test_json_keeps_every_letter(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Käthe × 2"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": "Käthe × 2"}
    assert "Käthe ×" in out


def test_a_log_gets_a_line_at_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    tell = plain_lines()
    for percent in range(101):
        tell(percent / 100, "Working")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == [f"{n}%" for n in range(0, 101, 10)]


@pytest.mark.parametrize(("quiet", "says"), [(True, False), (False, True)])
def test_without_a_terminal_progress_is_plain(
    quiet: bool, says: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar(quiet) as tell:
        tell(0.5, "Half")
    out, err = capsys.readouterr()
    assert out == ""
    assert ("Half" in err) is says


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bar(False) as tell:
        tell(0.5, "Restoring")
    out, err = capsys.readouterr()
    assert out == ""
    assert "Restoring" in err
    assert "50%" in err


def test_an_interruption_says_what_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_interrupted(tmp_path)
    assert f"kept in {tmp_path}; the same command goes on" in capsys.readouterr().err
    print_interrupted(tmp_path / "nothing")
    assert capsys.readouterr().err == "twinreel: interrupted.\n"
