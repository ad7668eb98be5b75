"""What ``twinreel devices`` says of what is plugged in."""

from __future__ import annotations

import json

import pytest

from appliance.core.types import Issue, Severity
from appliance.devices_cli import show
from tests.unit.devices.test_roles import ANALOGUE, UVC, census, node, usb

ISSUE = Issue("bus-narrow", Severity.NOTICE, "Two devices share", "The cause.", "The remedy.")


def test_each_device_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    found = census({node(0, usb("1-1", "05e1:0408")): ANALOGUE, node(2, usb("1-2")): UVC})
    show(found.found, (ISSUE,), as_json=False)
    said = capsys.readouterr()
    for words in (
        "tape: STK1160 dongle",
        "1-1",
        "05e1:0408",
        "PAL, NTSC",
        "camera: Maker Model",
        "720x576@25",
    ):
        assert words in said.out
    assert "Two devices share" in said.err


def test_without_devices_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show((), (), as_json=False)
    assert "Plug in" in capsys.readouterr().out


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show(census({node(0, usb("1-1", "534d:0021")): UVC}).found, (ISSUE,), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["devices"][0]["role"], told["devices"][0]["standards"]) == ("tape", "-")
    assert told["issues"][0]["code"] == "bus-narrow"
