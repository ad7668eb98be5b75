"""The recipe of the box's own takes: one that cannot run never costs a film."""

from __future__ import annotations

import logging
from dataclasses import replace

from appliance.core.journal import ATTEMPTS_LIMIT
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.core.types import Issue, Severity
from appliance.deliver.drives import DriveWatcher, sticks
from appliance.enhance.recipe import AUTO, find_recipe
from appliance.worker.making import Making
from appliance.worker.recipes import course_for, pieces_for
from appliance.worker.room import check_disk, check_stick

log = logging.getLogger(__name__)


def with_recipe(making: Making, paths: Paths, attempts: int, drives: DriveWatcher | None) -> Making:
    """``making`` by the configured recipe; as it was, with a notice, where that cannot run on this take.

    A recipe that the worker died of again and again is not tried a last time.
    """
    name = making.config.enhance.recipe
    if name == AUTO:
        return making
    if attempts >= ATTEMPTS_LIMIT:
        return without(making, "The worker died again and again while it was at work on it.")
    try:
        recipe = find_recipe(name, paths.recipes)
        course, config = course_for(recipe, making.pieces, making.order, making.config, paths.models)
        check_disk(course, making.work, making.work)
        check_stick(course, free_on_stick(drives))
    except Problem as problem:
        return without(making, f"{problem.issue.title}. {problem.issue.cause} {problem.issue.remedy}")
    return replace(making, course=course, config=config, pieces=pieces_for(course, making.pieces))


def without(making: Making, cause: str) -> Making:
    log.warning("the recipe %s is left: %s", making.config.enhance.recipe, cause)
    return replace(making, issues=(*making.issues, recipe_left(making.config.enhance.recipe, cause)))


def free_on_stick(drives: DriveWatcher | None) -> int | None:
    """On the roomiest one; None where none is plugged in."""
    found = sticks(drives) if drives is not None else ()
    return max((drive.status().free_bytes for drive in found), default=None)


def recipe_left(name: str, cause: str) -> Issue:
    return Problem(
        "recipe-left",
        f"The film was made without the recipe '{name}'",
        f"{cause} It was made as if the recipe were auto.",
        f"Correct the recipe, or set recipe under [enhance]; `twinreel make {name} --take` tries it again.",
        Severity.NOTICE,
    ).issue
