from __future__ import annotations

from appliance.control.refused import Refused


def test_a_device_that_refuses_is_told_once_and_tried_less_and_less_often() -> None:
    now_s = 0.0
    refused = Refused(lambda: now_s)
    assert refused.due("dongle")
    told, tried_at = [], []
    for tick in range(4000):
        now_s = tick / 10
        if refused.due("dongle"):
            told.append(refused.note("dongle", "device-busy"))
            tried_at.append(now_s)
    assert told == [True] + [False] * (len(told) - 1)
    assert tried_at[:5] == [0, 2, 6, 14, 30]
    assert tried_at[-1] - tried_at[-2] == 60
    assert refused.note("dongle", "bus-full")


def test_what_is_forgotten_is_tried_at_once() -> None:
    refused = Refused(lambda: 0.0)
    refused.note("dongle", "device-busy")
    assert not refused.due("dongle")
    assert refused.due("camera")
    assert (refused.forget("dongle"), refused.forget("dongle")) == ("device-busy", "")
    assert refused.due("dongle")
