"""``twinreel doctor``: is everything there that the box needs, and what to do if not."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from appliance.core.config import Config, Section, load_config
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import ModelInfo
from appliance.ops.checks import service, software, spool, sticks
from appliance.ops.checks.result import Result, Verdict

MARKS = {Verdict.OK: "ok     ", Verdict.WARNING: "warning", Verdict.FAILED: "FAILED "}


def checks(paths: Paths, find_model: Callable[[], ModelInfo]) -> list[Result]:
    """All checks in the order in which a person would go through them; takes a few seconds."""
    return [
        software.python_version(),
        *(software.library(title, module) for title, module in software.LIBRARIES),
        software.providers(),
        software.model(find_model),
        software.cores(),
        service.configuration(paths),
        spool.space(paths.takes, min_minutes(paths)),
        spool.speed(paths.takes),
        sticks.sticks(paths),
        service.units(paths),
        service.recorder(paths),
    ]


def min_minutes(paths: Paths) -> float:
    """As configured; the default where the configuration is the very thing that is broken."""
    try:
        return load_config(paths).capture.min_minutes
    except Problem:
        return Config().capture.min_minutes


def exit_code(results: list[Result]) -> int:
    """1 when something failed; a warning alone does not count."""
    return int(any(result.verdict is Verdict.FAILED for result in results))


def as_text(results: list[Result]) -> str:
    return "\n".join(line for result in results for line in result_lines(result))


def result_lines(result: Result) -> list[str]:
    head = f"{MARKS[result.verdict]}  {result.name:<13}  {result.finding}"
    if result.verdict is Verdict.OK:
        return [head]
    return [head, f"{'':24}cause: {result.cause}", f"{'':24}what to do: {result.remedy}"]


def as_json(results: list[Result]) -> str:
    table = {"ok": exit_code(results) == 0, "checks": [asdict(result) for result in results]}
    return json.dumps(table, indent=2, ensure_ascii=False)


def describe_config() -> str:
    """Every key with its default and what it means, as TOML that may be used as it is."""
    top = [line for name in Config.model_fields if not is_section(name) for line in key_lines(Config(), name)]
    sections = [section_lines(name) for name in Config.model_fields if is_section(name)]
    return "\n".join([*top, *(line for lines in sections for line in lines)])


def is_section(name: str) -> bool:
    return isinstance(getattr(Config(), name), Section)


def section_lines(name: str) -> list[str]:
    section = getattr(Config(), name)
    keys = [line for key in type(section).model_fields for line in key_lines(section, key)]
    return ["", f"[{name}]", *keys]


def key_lines(section: Section, key: str) -> list[str]:
    field = type(section).model_fields[key]
    about = textwrap.wrap(field.description or "", 100, initial_indent="# ", subsequent_indent="# ")
    return [*about, f"{key} = {toml_value(getattr(section, key))}"]


def toml_value(value: Any) -> str:
    """TOML writes these kinds of values as JSON does."""
    return json.dumps(value, ensure_ascii=False)
