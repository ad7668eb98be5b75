"""Which take a card's films are offered to."""

from __future__ import annotations

from appliance.core.snapshot import TakeSummary, take_without_camera
from appliance.core.types import TakeState


def take(number: int, state: TakeState = TakeState.DELIVERED, camera: bool = False) -> TakeSummary:
    return TakeSummary(f"take-{number}", f"2026-11-2{number}", state, 60.0, False, camera)


def test_the_newest_take_that_has_ended_without_a_camera() -> None:
    assert take_without_camera(()) == ""
    takes = (take(1), take(3), take(2), take(4, camera=True), take(5, TakeState.RECORDING))
    assert take_without_camera(takes) == "take-3"
    assert take_without_camera((*takes, take(6, TakeState.FAILED))) == "take-6"
    assert take_without_camera((take(4, camera=True), take(5, TakeState.INTERRUPTED))) == ""
