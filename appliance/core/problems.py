"""Troubles with a name: every one has a cause and a remedy that a visitor understands."""

from __future__ import annotations

from appliance.core.types import Issue, Severity


class Problem(Exception):
    """Raised by any stage; carries the issue that page, light, log and stderr show."""

    def __init__(
        self, code: str, title: str, cause: str, remedy: str, severity: Severity = Severity.ERROR
    ) -> None:
        super().__init__(f"{title}. {cause} {remedy}")
        self.issue = Issue(code, severity, title, cause, remedy)


class DeviceLost(Problem):
    """The device went away while it was being read."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "device-lost",
            f"{name} was unplugged",
            "The cable was pulled or the device lost power.",
            "Plug it in again; the recording goes on by itself.",
            Severity.WARNING,
        )
