"""Switching the box off from the page, and the tape's picture in words and lights."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from appliance.core.snapshot import BoxState, CommandName
from appliance.core.types import Signal
from appliance.panel.patterns import pattern


def test_switching_off_is_asked_twice_and_cancel_does_nothing(box, page) -> None:
    page.get_by_role("button", name="Switch off", exact=True).click()
    question = page.get_by_role("dialog", name="Switch the box off?")
    expect(question).to_contain_text("A recording that runs is ended and kept")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    assert box.recorder.commands.empty()


def test_switching_off_sends_one_command_and_the_page_says_so(box, page, ready) -> None:
    page.get_by_role("button", name="Switch off", exact=True).click()
    page.get_by_role("button", name="Switch the box off").click()
    assert box.recorder.commands.get(timeout=10).name is CommandName.POWER_OFF
    box.recorder.show(replace(ready, state=BoxState.OFF, sentence="Switching off."))
    expect(page.get_by_role("heading", level=1)).to_have_text("Switching off")
    expect(page.get_by_role("button", name="Record")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="Switch off", exact=True)).to_be_hidden()


@pytest.mark.parametrize("signal", Signal)
def test_the_first_light_tells_of_the_tapes_picture_as_the_panel_does(box, page, ready, signal) -> None:
    tape = replace(ready.devices[0], signal=signal)
    box.recorder.show(replace(ready, state=BoxState.RECORDING, devices=(tape,)))
    words = [rhythm.words for rhythm in pattern(BoxState.RECORDING, signal)]
    expect(page.locator(".light-word")).to_have_text(words)
    said = page.get_by_role("article").filter(has_text="Video capture dongle").locator(".signal")
    expect(said).not_to_have_text("")
    expect(said).not_to_contain_text("signal.")
