"""The whole box by one command on a computer that has no units."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

LIMIT_S = 60


@pytest.fixture
def root(tmp_path: Path) -> Path:
    site = tmp_path / "etc/twinreel/site.toml"
    site.parent.mkdir(parents=True)
    site.write_text("[web]\nport = 0\n")
    return tmp_path


def test_the_box_runs_with_what_is_plugged_in_until_it_is_interrupted(root: Path) -> None:
    command = [sys.executable, "-m", "appliance", "--root", str(root), "run"]
    environment = dict(os.environ, PYTHONUNBUFFERED="1", XDG_CACHE_HOME=str(root / "cache"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as box:
        assert box.stdout is not None
        try:
            said = box.stdout.readline()
            assert "http://127.0.0.1:" in said
            state = box.stdout.readline().split(":")[0]
            assert state in ("waiting", "attention"), "the latter where no udisks2 can tell of sticks"
            second = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, env=environment)
            assert (second.returncode, "already running" in second.stderr) == (1, True)
        finally:
            box.send_signal(signal.SIGINT)
        assert box.wait(LIMIT_S) == 0
    assert not list((root / "run/twinreel").glob("*.pid")), "nothing goes on without it"
