"""Each of the three processes under a pretended systemd: ready, fed, and gone when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
[web]
port = 0
[sim]
enabled = true
size = "quarter"
seconds = 2.0
"""
LIMIT_S = 60.0


@pytest.mark.parametrize("command", ["record", "worker", "web"])
def test_a_process_tells_systemd_how_it_is(command: str, tmp_path: Path) -> None:
    (tmp_path / "etc/twinreel").mkdir(parents=True)
    (tmp_path / "etc/twinreel/site.toml").write_text(CONFIG)
    name = f"twinreel-test-{os.getpid()}-{command}"
    inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    inbox.bind(f"\0{name}")
    inbox.settimeout(LIMIT_S)
    environment = os.environ | {
        "NOTIFY_SOCKET": f"@{name}",
        "WATCHDOG_USEC": "200000",
        "TWINREEL_ROOT": str(tmp_path),
        "TWINREEL_CACHE": str(tmp_path / "cache"),
    }
    process = subprocess.Popen([sys.executable, "-m", "appliance", command], env=environment)
    try:
        heard = hear(inbox, until="WATCHDOG=1")
        assert "READY=1" in heard
        process.send_signal(signal.SIGTERM)
        if command != "web":  # the page's server ends by the signal itself
            hear(inbox, until="STOPPING=1")
    finally:
        process.kill()
        process.wait()
        inbox.close()


def hear(inbox: socket.socket, until: str) -> list[str]:
    """Everything up to and with that message; a time-out when it never comes."""
    heard: list[str] = []
    while until not in heard:
        heard.append(inbox.recv(4096).decode())
    return heard
