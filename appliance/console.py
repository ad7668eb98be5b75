"""What the command line prints: troubles with cause and remedy, progress, plain JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from appliance.core.types import Issue


def print_issue(issue: Issue) -> None:
    """On stderr: name, cause, what to do."""
    print(f"twinreel: {issue.title}.\n  Cause: {issue.cause}\n  What to do: {issue.remedy}", file=sys.stderr)


def print_interrupted(work: Path) -> None:
    """After Ctrl-C, on stderr: what is left, and that it was not in vain."""
    kept = f" What is done is kept in {work}; the same command goes on from there." if work.is_dir() else ""
    print(f"twinreel: interrupted.{kept}", file=sys.stderr)


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[float, str], None]]:
    """A bar with percentage and remaining time on stderr; plain lines where stderr is no terminal."""
    if quiet:
        yield lambda fraction, text: None
    elif not sys.stderr.isatty():
        yield plain_lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Starting", total=1.0)
            yield lambda fraction, text: bar.update(task, completed=fraction, description=text)


def plain_lines() -> Callable[[float, str], None]:
    """A line at every tenth, for logs."""
    last = -1

    def tell(fraction: float, text: str) -> None:
        nonlocal last
        tenth = int(fraction * 10)
        if tenth > last:
            last = tenth
            print(f"{fraction:4.0%}  {text}", file=sys.stderr, flush=True)

    return tell
