from __future__ import annotations

from appliance.devices.debounce import Debounce


def test_it_is_due_once_when_it_was_quiet_for_long_enough() -> None:
    calm = Debounce(0.7)
    assert not calm.due(0)
    assert calm.wait_ms(0) is None
    calm.stir(10.0)
    calm.stir(10.5)
    assert calm.wait_ms(10.5) == 700
    assert not calm.due(11.1)
    assert calm.due(11.25)
    assert not calm.due(11.3)
    assert calm.wait_ms(11.3) is None


def test_what_never_calms_down_is_due_all_the_same() -> None:
    calm = Debounce(0.7, longest_s=5)
    due = []
    for tenth in range(120):
        calm.stir(tenth / 10)
        if calm.due(tenth / 10):
            due.append(tenth / 10)
    assert due == [5.0, 10.1]


def test_the_wait_is_never_so_short_that_it_is_not_due_after_it() -> None:
    calm = Debounce(0.7)
    calm.stir(0.12345)
    wait = calm.wait_ms(0.2)
    assert wait is not None
    assert calm.due(0.2 + wait / 1000)
