"""A camera's card on the page: seen, offered to the take without a camera, asked for with one press."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from appliance.core.snapshot import BoxState, CardStatus, Command, CommandName, JobProgress, TakeSummary
from appliance.core.types import Issue, Severity, Stage, TakeState

ALONE = TakeSummary("2026-11-21-002", "2026-11-21T11:00:00+00:00", TakeState.DELIVERED, 60.0, False, False)
CARD = CardStatus("Card", 3, 1_200_000_000, ALONE.id)


@pytest.fixture
def with_card(box, ready):
    shown = replace(ready, card=CARD, takes=(ALONE, *ready.takes))
    box.recorder.show(shown)
    return shown


def test_without_a_card_nothing_is_said_of_one(box, page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready")
    expect(page.get_by_role("heading", name="The camera's card")).to_be_hidden()


def test_its_films_are_added_with_one_press(box, page, with_card) -> None:
    card = page.get_by_role("region", name="The camera's card")
    expect(card).to_contain_text("3 films are on it, 1.2 GB.")
    add = card.get_by_role("button")
    expect(add).to_contain_text("Add the films of this card to the take of 21 November 2026")
    add.press("Enter")
    assert box.recorder.next_command() == Command(CommandName.IMPORT, ALONE.id)
    expect(page.get_by_role("alert").first).to_contain_text("Done: Add the films")


def test_while_they_are_copied_a_second_press_does_nothing(box, page, with_card) -> None:
    job = JobProgress(ALONE.id, Stage.IMPORT, 0.4, "Copying MVI_0001.MP4 from the camera's card, 1 of 3")
    box.recorder.show(replace(with_card, state=BoxState.WORKING, job=job))
    card = page.get_by_role("region", name="The camera's card")
    expect(card).to_contain_text("They are being copied.")
    card.get_by_role("button").press("Enter")
    expect(page.locator('#job-stages [data-stage="import"]')).to_be_visible()
    expect(page.locator("#job-text")).to_have_text(job.text)
    box.recorder.show(replace(with_card, job=replace(job, stage=Stage.ENHANCE)))
    expect(page.locator('#job-stages [data-stage="import"]')).to_be_hidden()
    assert box.recorder.commands.empty()


def test_with_no_take_to_add_to_it_says_so(box, page, with_card) -> None:
    box.recorder.show(replace(with_card, card=replace(CARD, films=1, take_id="")))
    card = page.get_by_role("region", name="The camera's card")
    expect(card).to_contain_text("One film is on it")
    expect(card).to_contain_text("No take is without a camera.")
    expect(card.get_by_role("button")).to_be_hidden()


def test_a_trouble_of_the_card_can_be_put_away(box, page, with_card) -> None:
    gone = Issue("card-gone", Severity.WARNING, "The card was pulled out", "In between.", "Plug it in again.")
    box.recorder.show(replace(with_card, issues=(gone,)))
    page.get_by_role("button", name="Dismiss: The card was pulled out").press("Enter")
    assert box.recorder.next_command() == Command(CommandName.DISMISS, "card-gone")
