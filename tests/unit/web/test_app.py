"""The page's API as a browser, a stranger's page and a snooper see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient

from appliance.core.config import Config
from appliance.core.problems import Problem
from appliance.core.snapshot import Command, CommandName, DeviceStatus, Snapshot
from appliance.core.types import DeviceInfo, Issue, Role, Severity
from appliance.web.app import create_app

OURS = "http://127.0.0.1:8020"
RECORD = {"name": "record", "argument": ""}


@pytest.fixture
def open_page(paths) -> Iterator[Callable[..., TestClient]]:
    """``open_page(host, pin)``: a browser of the page, once that has reached the recorder."""
    with ExitStack() as stack:

        def start(host: str = "127.0.0.1", pin: str = "", recorder_there: bool = True) -> TestClient:
            app = create_app(paths, Config(web={"host": host, "pin": pin}))
            browser = stack.enter_context(TestClient(app, base_url=OURS))
            while recorder_there and browser.get("/healthz").json()["recorder"] != "connected":
                pass
            return browser

        yield start


@pytest.fixture
def browser(recorder, ready, open_page) -> TestClient:
    recorder.snapshot = ready
    return open_page()


def test_the_page_and_its_parts_are_served_with_a_strict_policy(browser) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert "Twinreel" in page.text
    for part in ("app.js", "style.css", "reels.svg"):
        assert browser.get(f"/static/{part}").status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert browser.get("/static/app.js").headers["cache-control"] == "no-cache"


def test_the_box_s_name_is_shown_as_text(paths) -> None:
    app = create_app(paths, Config(name="<b>Box</b>"))
    with TestClient(app, base_url=OURS) as browser:
        assert "&lt;b&gt;Box&lt;/b&gt;" in browser.get("/").text


def test_the_snapshot_is_the_recorder_s(browser) -> None:
    snapshot = browser.get("/api/snapshot").json()
    assert (snapshot["state"], snapshot["takes"][0]["files"]["access"]) == ("ready", "film.mp4")


def test_without_a_recorder_everything_still_answers(open_page) -> None:
    browser = open_page(recorder_there=False)
    assert browser.get("/healthz").json() == {"page": "up", "recorder": "away"}
    assert browser.get("/api/snapshot").json()["sentence"].startswith("The box is starting")
    answer = browser.post("/api/command", json=RECORD)
    assert (answer.status_code, answer.json()["code"]) == (409, "recorder-away")


def test_a_live_picture_is_there_or_not_found(browser, recorder, ready) -> None:
    assert browser.get("/api/live/tape.jpg").status_code == 404
    assert browser.get("/api/live/kitchen.jpg").status_code == 400
    tape = DeviceStatus(DeviceInfo("a", "Dongle", Role.TAPE))
    recorder.show(Snapshot(ready.state, "", devices=(tape,)))
    recorder.show_picture(Role.TAPE, b"\xff\xd8picture")
    while (picture := browser.get("/api/live/tape.jpg")).status_code == 404:
        pass
    assert (picture.content, picture.headers["content-type"]) == (b"\xff\xd8picture", "image/jpeg")
    assert picture.headers["cache-control"] == "no-store"


def test_a_command_reaches_the_recorder(browser, recorder) -> None:
    answer = browser.post("/api/command", json={"name": "dismiss", "argument": "x"}, headers={"origin": OURS})
    assert answer.status_code == 200
    assert recorder.next_command() == Command(CommandName.DISMISS, "x")


def test_a_page_may_ask_for_the_card_but_for_no_folder_of_the_box(browser, recorder) -> None:
    wanted = {"name": "import", "argument": "2026-11-21T10-00-00"}
    assert browser.post("/api/command", json=wanted, headers={"origin": OURS}).status_code == 200
    assert recorder.next_command() == Command(CommandName.IMPORT, "2026-11-21T10-00-00")
    wanted["argument"] += " /media/card"
    answer = browser.post("/api/command", json=wanted, headers={"origin": OURS})
    assert (answer.status_code, answer.json()["code"]) == (400, "command-unreadable")
    assert recorder.commands.empty()


def test_a_refused_command_says_why(browser, recorder) -> None:
    recorder.answer = lambda command: Issue("no-room", Severity.ERROR, "No room", "Full.", "Empty it.")
    answer = browser.post("/api/command", json=RECORD)
    assert (answer.status_code, answer.json()) == (
        409,
        {"code": "no-room", "severity": "error", "title": "No room", "cause": "Full.", "remedy": "Empty it."},
    )


@pytest.mark.parametrize("body", [b"", b"nonsense", b'{"name": "explode"}', b"[]", b'{"argument": "x"}'])
def test_a_command_that_is_none_is_named_so(browser, recorder, body: bytes) -> None:
    answer = browser.post("/api/command", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "command-unreadable")
    assert recorder.commands.empty()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.org"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"content-type": "text/plain"}, 403),
        ({"content-type": "application/x-www-form-urlencoded"}, 403),
        ({"host": "evil.org:8020"}, 421),
    ],
)
def test_strangers_cannot_command(browser, recorder, headers: dict[str, str], status: int) -> None:
    headers = {"content-type": "application/json", **headers}
    answer = browser.post("/api/command", content=b'{"name": "record"}', headers=headers)
    assert answer.status_code == status
    assert recorder.commands.empty()


@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/api/live/tape.jpg", "/takes/take-1/film.mp4"])
def test_a_foreign_name_for_this_box_sees_nothing(browser, path: str) -> None:
    assert browser.get(path, headers={"host": "evil.org"}).status_code == 421


def test_no_command_is_long(browser, recorder) -> None:
    long = {"name": "record", "argument": "x" * 5000}
    assert browser.post("/api/command", json=long).status_code == 413
    endless = browser.post("/api/command", content=iter([b'{"name": "record"}']))
    assert endless.status_code == 413
    assert recorder.commands.empty()


def test_others_need_the_pin_once(recorder, open_page) -> None:
    browser = open_page("0.0.0.0", "2468")
    refused = browser.post("/api/command", json=RECORD)
    assert (refused.status_code, refused.json()["code"]) == (401, "pin-needed")
    wrong = browser.post("/api/pin", json={"pin": "1111"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "pin-wrong")
    assert recorder.commands.empty()
    entered = browser.post("/api/pin", json={"pin": "2468"})
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser.post("/api/command", json=RECORD).status_code == 200


def test_the_pin_cannot_be_guessed(recorder, open_page) -> None:
    browser = open_page("0.0.0.0", "2468")
    answers = [browser.post("/api/pin", json={"pin": f"{guess:04}"}) for guess in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    right = browser.post("/api/pin", json={"pin": "2468"})
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 31


def test_no_pin_no_page_for_others(paths) -> None:
    with pytest.raises(Problem, match="needs a PIN"):
        create_app(paths, Config(web={"host": "192.168.1.4"}))


def test_films_come_in_pieces(browser) -> None:
    piece = browser.get("/takes/take-1/film.mp4", headers={"range": "bytes=6-11"})
    assert (piece.status_code, piece.content) == (206, b"access")
    assert piece.headers["content-range"] == "bytes 6-11/600"
    assert piece.headers["content-type"] == "video/mp4"
    assert browser.get("/takes/take-1/film.mp4", headers={"range": "bytes=900-"}).status_code == 416
    assert browser.head("/takes/take-1/film.mp4").headers["content-length"] == "600"


def test_a_master_is_saved_and_a_report_runs_no_script(browser) -> None:
    master = browser.get("/takes/take-1/master.mkv")
    assert master.headers["content-type"] == "video/x-matroska"
    assert master.headers["content-disposition"] == 'attachment; filename="take-1-master.mkv"'
    report = browser.get("/takes/take-1/report.html")
    assert report.headers["content-type"].startswith("text/html")
    assert report.headers["content-security-policy"].endswith("sandbox")


@pytest.mark.parametrize(
    "path",
    [
        "/takes/take-1/other.txt",
        "/takes/take-1/..%2f..%2fjournal.db",
        "/takes/..%2ftake-1/film.mp4",
        "/takes/%2e%2e/journal.db",
        "/takes/take-1/%2fetc%2fpasswd",
        "/static/..%2fapp.py",
    ],
)
def test_no_way_leads_out_of_the_listed_files(browser, paths, path: str) -> None:
    paths.journal.write_bytes(b"secret")
    assert browser.get(path).status_code == 404
