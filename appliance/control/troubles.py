"""The box's standing troubles: its own, and those that worker, devices and sticks tell of themselves."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.core.types import Issue, Severity

LAST_TAKE = ("nothing-recorded", "take-empty", "take-recovered", "spool-full", "spool-failed")
OF_LAST_TIME = (*LAST_TAKE, "power-off-failed")


class Troubles:
    def __init__(self) -> None:
        self._own: dict[str, Issue] = {}
        self._told: dict[str, dict[str, Issue]] = {"devices": {}, "sticks": {}, "worker": {}}
        self._dismissed: set[str] = set()

    def add(self, issue: Issue) -> None:
        self._own[issue.code] = issue
        self._dismissed.discard(issue.code)

    def drop(self, *codes: str) -> None:
        for code in codes:
            self._own.pop(code, None)
            self._told["worker"].pop(code, None)

    def from_worker(self, issues: Iterable[Issue]) -> None:
        """Replace what the worker said before; what was dismissed stays so until it goes and comes back."""
        self._tell("worker", issues)

    def from_devices(self, issues: Iterable[Issue]) -> None:
        """Replace what was said of the plugged-in devices before, in the same way."""
        self._tell("devices", issues)

    def from_sticks(self, issues: Iterable[Issue]) -> None:
        """Replace what was said of sticks before, in the same way."""
        self._tell("sticks", issues)

    def _tell(self, whose: str, issues: Iterable[Issue]) -> None:
        fresh = {issue.code: issue for issue in issues}
        self._dismissed -= self._told[whose].keys() - fresh.keys()
        self._told[whose] = fresh

    def dismiss(self, code: str) -> None:
        self._own.pop(code, None)
        if any(code in told for told in self._told.values()):
            self._dismissed.add(code)

    def all(self) -> tuple[Issue, ...]:
        told = {code: issue for issues in self._told.values() for code, issue in issues.items()}
        shown = {code: issue for code, issue in told.items() if code not in self._dismissed} | self._own
        return tuple(sorted(shown.values(), key=lambda i: (rank(i), i.code)))

    def need_a_person(self) -> bool:
        return any(issue.severity is not Severity.NOTICE for issue in self.all())


def rank(issue: Issue) -> int:
    return [Severity.ERROR, Severity.WARNING, Severity.NOTICE].index(issue.severity)
