"""Real headless Chromium on the real web process; only the recorder behind it is ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from appliance.core.paths import Paths
from appliance.core.snapshot import BoxState, DeviceStatus, Levels, Snapshot, StickStatus, TakeSummary
from appliance.core.types import DeviceInfo, Role, Signal, TakeState

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/web"))
from fake_recorder import FakeRecorder

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PIN = "2468"
expect.set_options(timeout=15_000)  # for a machine that does much else
SERVE = """
import sys, pathlib
from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.web.serve import serve
serve(Paths(pathlib.Path(sys.argv[1])), Config(web={"host": sys.argv[2], "port": 0, "pin": sys.argv[3]}))
"""


def find_chromium() -> str:
    path = os.environ.get("TWINREEL_CHROMIUM") or shutil.which("chromium")
    if path and Path(path).exists():
        return path
    reason = "Chromium is absent: install it, or set TWINREEL_CHROMIUM to its path"
    if os.environ.get("TWINREEL_NO_SKIP") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a module, not one a session: while Playwright runs, no other test can run an event loop."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Box:
    """A web process, its page's address, and the recorder that it talks to."""

    paths: Paths
    url: str
    recorder: FakeRecorder
    process: subprocess.Popen[bytes]


@contextmanager
def running_box(root: Path, host: str = "127.0.0.1", pin: str = "") -> Iterator[Box]:
    paths = Paths(root)
    paths.make()
    recorder = FakeRecorder(paths.socket)
    recorder.start()
    arguments = [sys.executable, "-c", SERVE, str(root), host, pin]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
    try:
        recorder.hellos.get(timeout=30)  # it talks to the recorder just before it listens
        yield Box(paths, f"http://127.0.0.1:{wait_for_port(paths, process)}/", recorder, process)
    finally:
        process.terminate()
        process.communicate(timeout=10)
        recorder.stop()


def wait_for_port(paths: Paths, process: subprocess.Popen[bytes]) -> int:
    """The file appears in one piece, so its first sight is its whole content."""
    file = paths.run / "web.port"
    while process.poll() is None:
        if file.exists():
            return int(file.read_text())
    raise AssertionError("the web process ended before it listened")


@pytest.fixture(scope="session")
def standing_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with running_box(tmp_path_factory.mktemp("box")) as box:
        yield box


@pytest.fixture
def box(standing_box: Box) -> Iterator[Box]:
    """The web process is shared; every test starts with a ready box and no commands."""
    recorder = standing_box.recorder
    recorder.answer = lambda command: None
    recorder.show(ready_box())
    yield standing_box
    recorder.commands.queue.clear()


@pytest.fixture
def page(box: Box, browser: Browser) -> Iterator[Page]:
    with opened(browser, box.url) as page:
        yield page


@pytest.fixture
def phone(box: Box, browser: Browser) -> Iterator[Page]:
    with opened(browser, box.url, 360, 740) as page:
        yield page


@pytest.fixture
def box_for_others(tmp_path: Path) -> Iterator[Box]:
    """A box that others can reach, and that therefore asks for the PIN."""
    with running_box(tmp_path, "0.0.0.0", PIN) as box:
        box.recorder.show(ready_box())
        yield box


@pytest.fixture
def open_page(browser: Browser) -> Callable[..., AbstractContextManager[Page]]:
    return lambda url, **more: opened(browser, url, **more)


@contextmanager
def opened(browser: Browser, url: str, width: int = 1280, height: int = 900, **more: str) -> Iterator[Page]:
    """A page in its own context; a script that fails, a broken policy or a foreign request fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda request: None if request.url.startswith(url) else faults.append(request.url))
    page.goto(url)
    yield page
    context.close()
    assert faults == []


def ready_box() -> Snapshot:
    info = DeviceInfo("dongle", "Video capture dongle", Role.TAPE, "1-1", simulated=True)
    levels = Levels((-12.0, -14.5), (-20.0, -23.0))
    tape = DeviceStatus(info, Signal.OK, levels, 250, 0, "720 × 576, 25 frames/s, interlaced")
    camera = replace(tape, info=DeviceInfo("camera", "Digital camera", Role.CAMERA, "1-2"))
    return Snapshot(
        BoxState.READY,
        "Press Record to begin.",
        devices=(tape, camera),
        stick=StickStatus("Blue stick", 12_400_000_000, 16_000_000_000),
        minutes_left=192.0,
        version="0.1.0",
    )


@pytest.fixture
def ready() -> Snapshot:
    return ready_box()


@pytest.fixture
def take(standing_box: Box) -> TakeSummary:
    """A restored take whose film and stills can really be shown."""
    names = {"before": "before.jpg", "after": "after.jpg", "access": "film.mp4", "comparison": "pair.mp4"}
    folder = standing_box.paths.take("take-1")
    if not folder.exists():
        folder.mkdir()
        for role in ("before", "after"):
            write_pictures(folder / names[role], "mjpeg", 1, 60 if role == "before" else 180)
        for role in ("access", "comparison"):
            write_pictures(folder / names[role], "libx264", 500, 120)
    return TakeSummary("take-1", "2026-11-21T04:00:00+00:00", TakeState.DELIVERED, 20.0, False, True, names)


def write_pictures(path: Path, codec: str, count: int, luma: int) -> None:
    """A JPEG file or a short film of one grey, 160 x 120 at 50 a second."""
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    with av.open(str(path), "w", format="image2" if codec == "mjpeg" else "mp4") as file:
        stream = file.add_stream(codec, rate=Fraction(50))
        stream.width, stream.height, stream.pix_fmt = 160, 120, pixel_format
        picture = av.VideoFrame.from_ndarray(np.full((180, 160), luma, np.uint8), format="yuv420p")
        for number in range(count):
            picture.pts = number
            file.mux(stream.encode(picture))
        file.mux(stream.encode())
