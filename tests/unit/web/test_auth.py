from __future__ import annotations

import socket

import pytest

from appliance.core.config import WebConfig
from appliance.core.problems import Problem
from appliance.web.auth import FREE_TRIES, PinGuard, host_is_ours, is_loopback, origin_is_ours

PUBLIC = WebConfig(host="0.0.0.0", pin="2468")


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_loopback_needs_no_pin(host: str) -> None:
    guard = PinGuard(WebConfig(host=host))
    assert is_loopback(host)
    assert guard.admits(None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "box.local", "127.0.0.1.evil.org"])
@pytest.mark.parametrize("pin", ["", "1", "123"])
def test_anything_else_refuses_to_start_without_a_pin(host: str, pin: str) -> None:
    with pytest.raises(Problem) as caught:
        PinGuard(WebConfig(host=host, pin=pin))
    assert caught.value.issue.code == "pin-missing"


def test_the_pin_opens_a_session_and_nothing_else_does() -> None:
    guard = PinGuard(PUBLIC)
    token = guard.enter("2468")
    assert token
    assert guard.admits(token)
    for forged in (None, "", "2468", token[:-1], "é"):
        assert not guard.admits(forged)
    assert guard.enter("2469") is None
    assert guard.enter("\ud800") is None


def test_wrong_tries_close_the_door_for_a_while_that_grows() -> None:
    now = Time()
    guard = PinGuard(PUBLIC, now)
    before = guard.enter("2468")
    for _ in range(FREE_TRIES):
        assert guard.wait_s() == 0
        assert guard.enter("0000") is None
    assert guard.wait_s() == 30
    assert guard.enter("2468") is None, "the right one is not looked at either"
    assert guard.admits(before), "a session that stands is not touched"
    now.now_s = 30
    assert guard.enter("0000") is None
    assert guard.wait_s() == 60
    now.now_s = 90
    assert guard.enter("2468")
    assert guard.enter("0000") is None
    assert guard.wait_s() == 0, "the right PIN forgave the wrong ones"


def test_the_pause_has_an_end_however_many_tries() -> None:
    now = Time()
    guard = PinGuard(PUBLIC, now)
    for _ in range(50):
        guard.enter("0000")
        now.now_s += guard.wait_s()
    guard.enter("0000")
    assert guard.wait_s() == 900


@pytest.mark.parametrize("header", ["127.0.0.1:8020", "localhost:1", "LOCALHOST", "[::1]:8020"])
def test_a_local_page_answers_to_local_names(header: str) -> None:
    assert host_is_ours(header, "127.0.0.1")


@pytest.mark.parametrize(
    "header", ["", "evil.org", "evil.org:8020", "127.0.0.1.evil.org", "192.168.1.4", "[", "a@b"]
)
def test_a_local_page_does_not_answer_to_other_names(header: str) -> None:
    assert not host_is_ours(header, "127.0.0.1")


def test_a_public_page_answers_to_addresses_and_its_own_name() -> None:
    name = socket.gethostname()
    for header in ("192.168.1.4:8020", "[fe80::1]:8020", name, f"{name}.local:8020", "127.0.0.1"):
        assert host_is_ours(header, "0.0.0.0")
    assert host_is_ours("box.museum", "box.museum")
    assert not host_is_ours("evil.org", "0.0.0.0")


def test_only_the_own_origin_is_ours() -> None:
    assert origin_is_ours("http://127.0.0.1:8020", "127.0.0.1:8020")
    assert origin_is_ours(None, "127.0.0.1:8020")
    for origin in (
        "null",
        "",
        "http://evil.org",
        "http://127.0.0.1:9999",
        "http://127.0.0.1:8020.evil.org",
        "[",
    ):
        assert not origin_is_ours(origin, "127.0.0.1:8020")
