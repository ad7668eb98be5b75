"""The box's standing troubles: its own, those the worker reports, and those of what is plugged in."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.core.types import Issue, Severity


class Troubles:
    def __init__(self) -> None:
        self._own: dict[str, Issue] = {}
        self._workers: dict[str, Issue] = {}
        self._sticks: dict[str, Issue] = {}
        self._dismissed: set[str] = set()

    def add(self, issue: Issue) -> None:
        self._own[issue.code] = issue
        self._dismissed.discard(issue.code)

    def drop(self, *codes: str) -> None:
        for code in codes:
            self._own.pop(code, None)
            self._workers.pop(code, None)

    def from_worker(self, issues: Iterable[Issue]) -> None:
        """Replace what the worker said before; what was dismissed stays so until it goes and comes back."""
        fresh = {issue.code: issue for issue in issues}
        self._dismissed -= self._workers.keys() - fresh.keys()
        self._workers = fresh

    def from_sticks(self, issues: Iterable[Issue]) -> None:
        """Replace what was said of sticks before, in the same way."""
        fresh = {issue.code: issue for issue in issues}
        self._dismissed -= self._sticks.keys() - fresh.keys()
        self._sticks = fresh

    def dismiss(self, code: str) -> None:
        self._own.pop(code, None)
        if code in self._workers or code in self._sticks:
            self._dismissed.add(code)

    def all(self) -> tuple[Issue, ...]:
        told = self._sticks | self._workers
        shown = {code: issue for code, issue in told.items() if code not in self._dismissed} | self._own
        return tuple(sorted(shown.values(), key=lambda i: (rank(i), i.code)))

    def need_a_person(self) -> bool:
        return any(issue.severity is not Severity.NOTICE for issue in self.all())


def rank(issue: Issue) -> int:
    return [Severity.ERROR, Severity.WARNING, Severity.NOTICE].index(issue.severity)
