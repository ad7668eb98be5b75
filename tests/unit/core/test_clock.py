"""Clocks that never jump, one of them faster than life."""

from datetime import datetime, timezone

import pytest

from appliance.core import clock as module
from appliance.core.clock import RealClock, ScaledClock, utc_now


def test_a_scaled_clock_runs_so_much_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now_s[0])
    fast, real = ScaledClock(4.0), RealClock()
    before = fast.now_s(), real.now_s()
    now_s[0] += 2.5
    assert fast.now_s() - before[0] == 10.0
    assert real.now_s() - before[1] == 2.5


def test_now_is_written_so_that_it_can_be_read_and_sorted() -> None:
    written = utc_now()
    read = datetime.fromisoformat(written)
    assert read.tzinfo == timezone.utc
    assert abs((datetime.now(timezone.utc) - read).total_seconds()) < 5
    assert written < "2999"
