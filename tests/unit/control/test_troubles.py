"""Standing troubles: added, dropped, dismissed, and what needs a person."""

from appliance.control.troubles import Troubles
from appliance.core.types import Issue, Severity


def issue(code: str, severity: Severity = Severity.ERROR) -> Issue:
    return Issue(code, severity, code, "", "")


def codes(troubles: Troubles) -> list[str]:
    return [i.code for i in troubles.all()]


def test_the_worst_is_named_first() -> None:
    troubles = Troubles()
    troubles.add(issue("a", Severity.NOTICE))
    troubles.add(issue("b", Severity.WARNING))
    troubles.from_worker([issue("c", Severity.ERROR)])
    assert codes(troubles) == ["c", "b", "a"]


def test_a_notice_needs_nobody() -> None:
    troubles = Troubles()
    troubles.add(issue("a", Severity.NOTICE))
    assert not troubles.need_a_person()
    troubles.add(issue("b", Severity.WARNING))
    assert troubles.need_a_person()


def test_the_workers_new_report_replaces_its_old_one() -> None:
    troubles = Troubles()
    troubles.from_worker([issue("stick-absent")])
    troubles.from_worker([])
    assert codes(troubles) == []


def test_what_was_dismissed_stays_away_until_it_comes_back_anew() -> None:
    troubles = Troubles()
    troubles.from_worker([issue("stick-absent")])
    troubles.dismiss("stick-absent")
    troubles.from_worker([issue("stick-absent")])
    assert codes(troubles) == []
    troubles.from_worker([])
    troubles.from_worker([issue("stick-absent")])
    assert codes(troubles) == ["stick-absent"]


def test_an_own_trouble_is_dropped_by_its_name() -> None:
    troubles = Troubles()
    troubles.add(issue("tape-lost"))
    troubles.drop("tape-lost", "camera-lost")
    assert codes(troubles) == []


def test_troubles_of_sticks_come_and_go_with_them_and_can_be_dismissed() -> None:
    troubles = Troubles()
    fat, blank = issue("stick-fat32", Severity.NOTICE), issue("stick-unformatted", Severity.WARNING)
    troubles.from_sticks([fat, blank])
    troubles.from_worker([])
    assert codes(troubles) == ["stick-unformatted", "stick-fat32"]
    troubles.dismiss("stick-unformatted")
    troubles.from_sticks([fat, blank])
    assert codes(troubles) == ["stick-fat32"]
    assert not troubles.need_a_person()
    troubles.from_sticks([])
    troubles.from_sticks([blank])
    assert codes(troubles) == ["stick-unformatted"]


def test_what_is_told_of_devices_stands_beside_the_rest_and_goes_with_its_cause() -> None:
    troubles = Troubles()
    troubles.from_worker([issue("stick-absent")])
    troubles.from_devices([issue("bus-narrow"), issue("device-second")])
    troubles.dismiss("device-second")
    assert codes(troubles) == ["bus-narrow", "stick-absent"]
    troubles.from_worker([])
    troubles.from_devices([issue("device-second")])
    assert codes(troubles) == []
    troubles.from_devices([])
    troubles.from_devices([issue("device-second")])
    assert codes(troubles) == ["device-second"]
