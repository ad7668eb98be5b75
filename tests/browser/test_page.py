"""What the page shows of the box, in real Chromium."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from appliance.core.snapshot import BoxState, Command, CommandName, JobProgress, RecordingStatus
from appliance.core.types import DeviceInfo, Issue, Severity, Signal, Stage, TakeState
from appliance.panel.patterns import pattern

WORDS = {
    BoxState.STARTING: "Starting",
    BoxState.WAITING: "Waiting",
    BoxState.READY: "Ready",
    BoxState.RECORDING: "Recording",
    BoxState.INTERRUPTED: "Interrupted",
    BoxState.WORKING: "Working",
    BoxState.DONE: "Done",
    BoxState.ATTENTION: "Attention",
    BoxState.EJECTED: "Safe to remove",
    BoxState.OFF: "Switching off",
}
EVIL = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
TROUBLE = Issue(
    "stick-small", Severity.ERROR, "The stick is too small", "It has 1 GB free.", "Take a larger one."
)
NEWS = Issue("recovered", Severity.NOTICE, "A take was recovered", "The power was cut.", "Nothing to do.")


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def test_every_state_shows_its_word_shape_and_lights(box, page, ready) -> None:
    shapes = set()
    for state, word in WORDS.items():
        box.recorder.show(replace(ready, state=state, sentence=f"It is {state.value}."))
        expect(heading(page)).to_have_text(word)
        expect(page.locator("#state-sentence")).to_have_text(f"It is {state.value}.")
        expect(page.get_by_role("status")).to_have_text(f"{word}. It is {state.value}.")
        shapes.add(page.locator("#state-shape").get_attribute("href"))
        expect(page.locator(".light-word")).to_have_text([rhythm.words for rhythm in pattern(state)])
    assert len(shapes) == len(WORDS)


def test_devices_say_what_they_deliver_and_hear(box, page, ready) -> None:
    tape = page.get_by_role("article").filter(has_text="Video capture dongle")
    expect(tape).to_contain_text("720 × 576, 25 frames/s, interlaced")
    expect(tape).to_contain_text("good picture")
    left = tape.get_by_role("meter", name="Left")
    expect(left).to_have_attribute("aria-valuetext", "−12 dBFS")
    blue = replace(ready.devices[0], signal=Signal.BLUE, lost_frames=3)
    box.recorder.show(replace(ready, devices=(blue,)))
    expect(tape).to_contain_text("blue screen")
    expect(tape).to_contain_text("3 of 250")
    expect(page.get_by_text("No camera.")).to_be_visible()


def test_live_pictures_are_shown(box, page, ready, take) -> None:
    tape = ready.devices[0].info.role
    box.recorder.show_picture(tape, (box.paths.take(take.id) / "before.jpg").read_bytes())
    expect(page.get_by_alt_text("Live picture of Video capture dongle")).to_be_visible()


def test_a_recording_and_its_end_are_told(box, page, ready) -> None:
    recording = RecordingStatus("t", 754.2, 18855, 0, 22620, 3, 6_900_000_000, tape_end_in_s=5.4)
    box.recorder.show(replace(ready, state=BoxState.RECORDING, recording=recording))
    facts = page.locator("#facts")
    for words in ("12:34", "6.9 GB", "tape 0, camera 3", "3 h 12 min of tape"):
        expect(facts).to_contain_text(words)
    expect(page.get_by_text("The recording stops by itself in 6 s.")).to_be_visible()


def test_a_job_tells_how_far_it_is(box, page, ready) -> None:
    job = JobProgress("t", Stage.ENHANCE, 0.434, "Restoring pictures, 651 of 1500", 412.0)
    box.recorder.show(replace(ready, state=BoxState.WORKING, job=job))
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "43")
    expect(page.locator("#job")).to_contain_text("about 7 minutes left")
    expect(page.locator("[aria-current=step]")).to_have_text("Restore")
    expect(page.locator("#job-recipe")).to_be_hidden()
    calm = replace(job, recipe="Calm tape", steps=("restore the tape", "denoise"))
    box.recorder.show(replace(ready, state=BoxState.WORKING, job=calm))
    expect(page.locator("#job")).to_contain_text("Recipe Calm tape: restore the tape → denoise")
    waiting = replace(job, stage=Stage.DELIVER, fraction=0.96, waiting_for="stick")
    box.recorder.show(replace(ready, job=waiting))
    expect(page.locator("#job")).to_contain_text("Waiting for a stick")


def test_issues_are_told_and_notices_put_away(box, page, ready) -> None:
    box.recorder.show(replace(ready, issues=(TROUBLE, NEWS)))
    trouble = page.get_by_role("listitem").filter(has_text="The stick is too small")
    expect(trouble).to_contain_text("It has 1 GB free.")
    expect(trouble).to_contain_text("Take a larger one.")
    expect(trouble.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Dismiss: A take was recovered").click()
    assert box.recorder.next_command() == Command(CommandName.DISMISS, "recovered")
    box.recorder.show(ready)
    expect(page.get_by_role("region", name="What needs attention")).to_be_hidden()


def test_takes_are_listed_newest_first_and_a_failed_one_can_be_tried_again(box, page, ready, take) -> None:
    failed = replace(take, id="take-2", created_at="2026-11-22T04:00:00Z", state=TakeState.FAILED, files={})
    box.recorder.show(replace(ready, takes=(take, replace(failed, note="The model file is damaged."))))
    takes = page.locator("#take-list > li")
    expect(takes).to_have_count(2)
    expect(takes.first).to_contain_text("Could not be restored; the recording is safe")
    expect(takes.first).to_contain_text("The model file is damaged.")
    expect(takes.last).to_contain_text("On the stick, verified")
    takes.first.get_by_role("button", name="Try again").click()
    assert box.recorder.next_command() == Command(CommandName.RETRY, "take-2")


def test_names_are_text_whatever_they_contain(box, page, ready, take) -> None:
    device = replace(ready.devices[0], info=replace(ready.devices[0].info, name=EVIL), format_text=EVIL)
    issue = replace(TROUBLE, title=EVIL, cause=EVIL, remedy=EVIL)
    stick = replace(ready.stick, name=EVIL)
    listed = (replace(take, note=EVIL),)
    job = JobProgress("t", Stage.SYNC, 0.1, EVIL)
    box.recorder.show(
        replace(ready, sentence=EVIL, devices=(device,), stick=stick, issues=(issue,), takes=listed, job=job)
    )
    expect(page.get_by_role("heading", level=3, name=EVIL).first).to_be_visible()
    expect(page.locator("main [onerror], main script")).to_have_count(0)
    expect(page).to_have_title("Ready · Twinreel")


def test_a_recorder_that_is_gone_is_told_and_found_again(box, page) -> None:
    expect(heading(page)).to_have_text("Ready")
    box.recorder.go_away()
    expect(page.get_by_text("The box is starting or its recorder is being restarted").first).to_be_visible()
    record = page.get_by_role("button", name="Record")
    expect(record).to_be_disabled()
    expect(record).to_have_accessible_description("The box is still starting.")
    box.recorder.start()
    expect(heading(page)).to_have_text("Ready")
    expect(record).to_be_enabled()


def test_a_page_without_a_box_says_so_and_comes_back(box, open_page) -> None:
    with open_page(box.url) as page:
        expect(heading(page)).to_have_text("Ready")
        page.route("**/api/events", lambda route: route.abort())
        page.reload()
        expect(heading(page)).to_have_text("No connection", timeout=8_000)  # sooner than silence would tell
        page.unroute("**/api/events")
        expect(heading(page)).to_have_text("Ready")


@pytest.mark.parametrize("state", [BoxState.READY, BoxState.RECORDING, BoxState.ATTENTION])
def test_a_phone_never_scrolls_sideways(box, phone, ready, take, state) -> None:
    long = DeviceInfo(
        "x", "A capture dongle with a name that has no end " + "x" * 60, ready.devices[0].info.role
    )
    recording = RecordingStatus("t", 7540.2, 18855, 0, 22620, 3, 6_900_000_000, 3.0)
    job = JobProgress("t", Stage.ENHANCE, 0.4, "Restoring pictures, 651 of 1500", 412.0)
    devices = (replace(ready.devices[0], info=long), ready.devices[1])
    box.recorder.show(
        replace(
            ready,
            state=state,
            devices=devices,
            issues=(TROUBLE, NEWS),
            takes=(take,),
            recording=recording,
            job=job,
            simulated=True,
        )
    )
    expect(heading(phone)).to_have_text(WORDS[state])
    phone.get_by_text("Simulated hardware").click()
    phone.get_by_text("Using the keyboard").click()
    expect(phone.get_by_role("button", name="Crash the recorder")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    name = phone.get_by_role("heading", name="A capture dongle with a name")
    assert name.evaluate("name => name.scrollWidth <= name.clientWidth"), "a long name is wrapped, not cut"
    phone.get_by_role("button", name="Watch and compare").click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    assert phone.evaluate("document.querySelector('#player').scrollWidth") <= 360


def test_who_wants_no_motion_gets_none(box, open_page, ready) -> None:
    box.recorder.show(replace(ready, state=BoxState.ATTENTION))
    with open_page(box.url, reduced_motion="reduce") as page:
        expect(page.locator(".light-word").first).to_have_text("blinking fast")
        assert (
            page.locator(".light").first.evaluate("light => getComputedStyle(light).animationName") == "none"
        )
