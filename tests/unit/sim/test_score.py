from __future__ import annotations

import numpy as np

from appliance.sim import score


def test_a_span_has_the_same_claps_however_it_is_asked_for() -> None:
    whole = score.claps(3, -20.0, 60.0)
    pieces = [moment for start in range(-20, 60, 5) for moment in score.claps(3, start, start + 5)]
    assert pieces == whole
    assert len(whole) > 15


def test_claps_come_at_irregular_times() -> None:
    gaps = np.diff(score.claps(1, 0.0, 200.0))
    assert gaps.min() > 0.5
    assert gaps.std() > 0.4


def test_the_lamp_flashes_exactly_while_a_clap_is_fresh() -> None:
    for clap_s in score.claps(1, 0.0, 30.0):
        assert not score.flash_at(1, clap_s - 0.002)
        assert score.flash_at(1, clap_s)
        assert score.flash_at(1, clap_s + score.FLASH_S - 0.002)
        assert not score.flash_at(1, clap_s + score.FLASH_S + 0.002)


def test_every_flash_is_seen_in_one_to_three_pictures_of_either_device() -> None:
    for rate in (30.0, 50.0, 60000 / 1001):
        lit = np.array([score.flash_at(1, number / rate) for number in range(int(40 * rate))])
        runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], lit, [0]]))))[::2]
        assert len(runs) == len(score.claps(1, 0.0, 40.0))
        assert set(runs) <= {1, 2, 3}


def test_a_mouth_is_open_only_while_its_voice_speaks() -> None:
    spoken = score.syllables(1, 0.0, 12.0)
    assert {syllable.voice for syllable in spoken} == {0, 1}
    first = spoken[0]
    middle_s = first.start_s + first.length_s / 2
    assert score.mouth(1, first.voice, middle_s) > 0.5
    assert score.mouth(1, 1 - first.voice, middle_s) == 0.0


def test_the_syllables_of_a_span_are_those_that_sound_in_it() -> None:
    every = score.syllables(1, 0.0, 30.0)
    some = score.syllables(1, 10.0, 11.0)
    assert some == [s for s in every if s.start_s < 11.0 and s.start_s + s.length_s > 10.0]
