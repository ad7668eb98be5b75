"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from appliance.core.problems import Problem


class Verdict(str, Enum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """``finding`` always says what is; cause and remedy say more unless all is well."""

    name: str
    verdict: Verdict
    finding: str
    cause: str = ""
    remedy: str = ""


def ok(name: str, finding: str) -> Result:
    return Result(name, Verdict.OK, finding)


def warning(name: str, finding: str, cause: str, remedy: str) -> Result:
    return Result(name, Verdict.WARNING, finding, cause, remedy)


def failed(name: str, finding: str, cause: str, remedy: str) -> Result:
    return Result(name, Verdict.FAILED, finding, cause, remedy)


def of_problem(name: str, problem: Problem) -> Result:
    issue = problem.issue
    return failed(name, issue.title, issue.cause, issue.remedy)
