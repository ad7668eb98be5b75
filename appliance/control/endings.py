"""What a look at the running devices says about the take: that it must end, and what is wrong."""

from __future__ import annotations

import errno

from appliance.capture.segment import spool_problem
from appliance.control.rack import Rack
from appliance.core.problems import Problem
from appliance.core.types import Role

END_OF_TAPE = "end of tape"


def reason_to_end(rack: Rack, problems: dict[Role, Problem]) -> str:
    """Why the take must end now, or nothing; a camera's trouble ends no take."""
    tape = rack.session(Role.TAPE)
    if tape is not None and tape.ended:
        return END_OF_TAPE
    problem = problems.get(Role.TAPE)
    if problem is None:
        return ""
    return "space" if problem.issue.code == "spool-full" else "disk"


def writing_problems(rack: Rack, nearly_full: bool) -> dict[Role, Problem]:
    """Whose recording does not reach the disk; a disk that is nearly full counts as the tape's."""
    recorders = {role: session.recorder for role, session in rack.sessions().items()}
    problems = {role: r.problem for role, r in recorders.items() if r is not None and r.problem is not None}
    if nearly_full:
        problems[Role.TAPE] = spool_problem(errno.ENOSPC)
    return problems
