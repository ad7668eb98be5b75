"""The process: it says where it listens, and ends when told to, even while a page listens."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from appliance.core.config import Config, WebConfig
from appliance.core.problems import Problem
from appliance.web.serve import listen, serve, url_of, write_atomically

SERVE = """
import logging, sys, pathlib
from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.web.serve import serve
logging.basicConfig(level="INFO", stream=sys.stderr)
serve(Paths(pathlib.Path(sys.argv[1])), Config(web={"port": 0}))
"""


def test_serves_until_it_is_told_to_stop(paths, recorder) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(paths.root)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        told = next(line for line in process.stderr if "The page is at" in line)
        port = int((paths.run / "web.port").read_text())
        assert f"http://127.0.0.1:{port}/" in told
        with httpx.stream("GET", f"http://127.0.0.1:{port}/api/events", timeout=10) as stream:
            assert "retry" in next(stream.iter_lines())
            process.send_signal(signal.SIGTERM)
            _, last_words = process.communicate(timeout=10)
        assert "exceeded" not in last_words, "nobody had to be cut off"
    finally:
        process.kill()
    assert not (paths.run / "web.port").exists()


def test_a_taken_port_is_named(paths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = Config(web={"port": taken.getsockname()[1]})
        with pytest.raises(Problem) as caught:
            serve(paths, config)
    assert caught.value.issue.code == "page-address-taken"


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(Problem, match=r"203\.0\.113\.1"):
        listen(WebConfig(host="203.0.113.1"))


def test_the_url_is_one_that_others_can_type() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert url_of("127.0.0.1", listener) == f"http://127.0.0.1:{port}/"
        assert url_of("::1", listener) == f"http://[::1]:{port}/"
        assert url_of("0.0.0.0", listener) == f"http://{socket.gethostname()}:{port}/"


def test_a_file_appears_whole_and_alone(tmp_path) -> None:
    path = tmp_path / "run" / "web.port"
    write_atomically(path, "8020")
    write_atomically(path, "8021")
    assert path.read_text() == "8021\n"
    assert list(path.parent.iterdir()) == [path]
