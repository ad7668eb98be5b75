"""The nets that a recipe may name: which there are, and what is known of each before it is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from appliance.core.types import Picture
from appliance.enhance.course import NetFacts
from appliance.enhance.manifest import MANIFEST, models_folder, read_rows
from appliance.enhance.recipe import BETWEEN
from appliance.enhance.runtime import Runtime
from appliance.enhance.tiers import BY_SIZE, GUIDE

NOT_ALONE = (*BY_SIZE, GUIDE)  # these answer about fields, or about two films
VARIANTS = ("-s8", "-f32")  # of a net, for other processors


def known_nets(folder: Path | None = None) -> Mapping[str, NetFacts]:
    """Every net that works on whole pictures, by its name; raises Problem for a list that cannot be read."""
    rows = {str(row.get("tier")): row for row in read_rows((folder or models_folder()) / MANIFEST)}
    return {
        name: NetFacts(name, int(row.get("scale", 1)), "between" if name == BETWEEN else "pictures")
        for name, row in rows.items()
        if name not in NOT_ALONE and not name.endswith(VARIANTS)
    }


def between_by(pictures: Iterable[Picture], times: int, runtime: Runtime) -> Iterator[Picture]:
    """``times`` pictures for each one, the first being the one that was given."""
    module: Any = import_module("appliance.enhance.interpolate")
    made: Iterator[Picture] = module.between(pictures, times, runtime)
    return made
