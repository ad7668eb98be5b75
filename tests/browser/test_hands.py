"""What people do on the page: record, eject, the PIN, the player; with the keyboard alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from appliance.core.snapshot import BoxState, Command, CommandName
from appliance.core.types import Issue, Severity

RECORD = Command(CommandName.RECORD)
STOP = Command(CommandName.STOP)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button of that name has the focus, and see that one can tell."""
    wanted = page.get_by_role("button", name=name, exact=True)
    for _ in range(30):
        page.keyboard.press("Tab")
        if wanted.evaluate("button => button === document.activeElement"):
            assert wanted.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab never reached {name}")


def test_record_and_stop_by_keyboard_alone(box, page, ready) -> None:
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    tab_to(page, "Record")
    page.keyboard.press("Enter")
    assert box.recorder.next_command() == RECORD
    box.recorder.show(replace(ready, state=BoxState.RECORDING))
    stop = page.get_by_role("button", name="Stop recording")
    expect(stop).to_be_focused()
    expect(stop).to_have_attribute("aria-busy", "false")  # the first press has been answered
    page.keyboard.press("Enter")
    assert box.recorder.next_command() == STOP
    box.recorder.show(ready)
    expect(page.get_by_role("button", name="Eject stick")).to_be_enabled()
    tab_to(page, "Eject stick")
    page.keyboard.press("Space")
    assert box.recorder.next_command() == Command(CommandName.EJECT)


@pytest.mark.parametrize("key", ["r", "R", "Space"])
def test_shortcuts_record_unless_they_are_switched_off(box, page, key) -> None:
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    page.keyboard.press(key)
    assert box.recorder.next_command() == RECORD
    page.get_by_text("Using the keyboard").click()
    page.get_by_label("Use R and Space as shortcuts").uncheck()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(key)
    page.get_by_role("button", name="Eject stick").click()
    assert box.recorder.next_command() == Command(CommandName.EJECT), "the shortcut sent nothing"


@pytest.mark.parametrize(
    ("change", "button", "reason"),
    [
        ({"devices": ()}, "Record", "Plug in the video recorder's capture dongle first."),
        ({"minutes_left": 0.0}, "Record", "There is no room left on the box."),
        ({"stick": None}, "Eject stick", "No stick is plugged in."),
        ({"state": BoxState.RECORDING}, "Eject stick", "Stop the recording first."),
        ({"state": BoxState.WORKING}, "Eject stick", "The box is still at work. Wait until it says Done."),
    ],
)
def test_what_cannot_be_done_says_why_and_does_nothing(box, page, ready, change, button, reason) -> None:
    box.recorder.show(replace(ready, **change))
    disabled = page.get_by_role("button", name=button)
    expect(disabled).to_have_accessible_description(reason)
    expect(disabled).to_be_disabled()
    disabled.focus()
    expect(disabled).to_be_focused()
    page.keyboard.press("Enter")
    box.recorder.show(ready)
    other = "Eject stick" if button == "Record" else "Record"
    expect(page.get_by_role("button", name=button)).to_be_enabled()
    page.get_by_role("button", name=other).click()
    assert box.recorder.next_command().name.value == other.split()[0].lower(), "the first press sent nothing"


def test_a_refusal_is_told_in_words(box, page) -> None:
    refusal = Issue(
        "no-room", Severity.ERROR, "There is no room", "The box is full.", "Save and remove takes."
    )
    box.recorder.answer = lambda command: refusal
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no room")
    expect(page.get_by_role("alert")).to_contain_text("The box is full. Save and remove takes.")


def test_the_pin_is_asked_once(box_for_others, open_page) -> None:
    with open_page(box_for_others.url) as page:
        record = page.get_by_role("button", name="Record")
        expect(record).to_be_enabled()
        record.press("Enter")
        expect(page.get_by_role("dialog", name="Enter the PIN")).to_be_visible()
        page.keyboard.type("1111")
        page.keyboard.press("Enter")
        expect(page.get_by_text("This is not the PIN. Try again.")).to_be_visible()
        assert box_for_others.recorder.commands.empty()
        page.keyboard.type("2468")
        page.keyboard.press("Enter")
        assert box_for_others.recorder.next_command() == RECORD
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.reload()
        expect(record).to_be_enabled()  # the fresh page knows the box's state only with its first news
        record.press("Enter")
        assert box_for_others.recorder.next_command() == RECORD


def test_the_pin_can_be_declined(box_for_others, open_page) -> None:
    with open_page(box_for_others.url) as page:
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_label("PIN", exact=True)).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.get_by_role("button", name="Record")).to_have_attribute("aria-busy", "false")
        assert box_for_others.recorder.commands.empty()


def test_simulated_hardware_has_its_buttons_only_when_simulated(box, page, ready) -> None:
    expect(page.get_by_text("Simulated hardware")).to_be_hidden()
    box.recorder.show(replace(ready, simulated=True))
    page.get_by_text("Simulated hardware").click()
    page.get_by_role("button", name="Pull the stick out").click()
    assert box.recorder.next_command() == Command(CommandName.SIMULATE, "unplug-stick")
    expect(page.get_by_role("alert")).to_contain_text("Done: Pull the stick out.")


def test_before_and_after_by_keyboard(box, page, ready, take) -> None:
    box.recorder.show(replace(ready, takes=(take,)))
    watch = page.get_by_role("button", name="Watch and compare")
    watch.press("Enter")
    divider = page.get_by_role("slider", name="Divider between before and after")
    expect(page.get_by_role("radio", name="Before and after")).to_be_focused()
    page.keyboard.press("Tab")
    expect(divider).to_be_focused()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuetext", "40 percent before, the rest after")
    expect(page.locator("#wipe-after")).to_have_css("clip-path", "inset(0px 0px 0px 40%)")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(watch).to_be_focused()


def test_the_divider_follows_the_hand(box, page, ready, take) -> None:
    box.recorder.show(replace(ready, takes=(take,)))
    page.get_by_role("button", name="Watch and compare").click()
    frame = page.locator("#wipe").bounding_box()
    middle = frame["y"] + frame["height"] / 2
    page.mouse.move(frame["x"] + frame["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] / 4, middle, steps=5)
    page.mouse.up()
    assert abs(int(page.locator("#divider").input_value()) - 25) <= 1


def test_the_films_play_and_jump_by_keyboard(box, page, ready, take) -> None:
    box.recorder.show(replace(ready, takes=(take,)))
    page.get_by_role("button", name="Watch and compare").press("Enter")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Restored film")).to_be_checked()
    film = page.locator("#film")
    expect(film).to_have_js_property("readyState", 4)  # enough is here to play
    assert film.evaluate("film => film.currentSrc").endswith("/takes/take-1/film.mp4")
    page.keyboard.press("k")
    expect(film).to_have_js_property("paused", False)
    page.keyboard.press("k")
    expect(film).to_have_js_property("paused", True)
    film.focus()
    before = film.evaluate("film => film.currentTime")
    page.keyboard.press("ArrowRight")
    expect(film).to_have_js_property("seeking", False)
    assert film.evaluate("film => film.currentTime") >= min(before + 4.9, 10)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert box.recorder.commands.empty(), "no key of the player reached the box"


def test_a_page_stays_still_under_the_hand_while_news_come(box, page, ready, take) -> None:
    """Levels change ten times a second; the focus must not move and the buttons must not be made anew."""
    box.recorder.show(replace(ready, takes=(take,)))
    button = page.get_by_role("button", name="Watch and compare")
    button.focus()
    mark = button.evaluate_handle("button => button")
    box.recorder.show(replace(ready, sentence="Later.", takes=(replace(take, note="A word more."),)))
    expect(page.get_by_text("A word more.")).to_be_visible()
    expect(button).to_be_focused()
    box.recorder.show(replace(ready, sentence="Later still.", takes=(replace(take, note="A word more."),)))
    expect(page.locator("#state-sentence")).to_have_text("Later still.")
    assert mark.evaluate("button => !button.isConnected"), "changed takes are drawn anew"
    expect(button).to_be_focused()
