"""A quick processor looks five times a second; a slow one as often as it can afford."""

from __future__ import annotations

import pytest

from appliance.control.pace import LONGEST_S, TICK_S, Pace


@pytest.mark.parametrize(("work_s", "rest_s"), [(0.0, TICK_S), (0.01, TICK_S), (0.2, 0.8), (10.0, LONGEST_S)])
def test_the_rest_follows_the_work(work_s: float, rest_s: float) -> None:
    spent_s = [5.0]
    pace = Pace(lambda: spent_s[0])
    spent_s[0] += work_s
    assert pace.rest_s() == pytest.approx(rest_s)
    assert pace.rest_s() == TICK_S, "nothing was done since"
