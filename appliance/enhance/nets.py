"""The nets that a recipe may name: which there are, and how each is run on pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from appliance.core.types import Picture
from appliance.enhance.course import BETWEEN, NetFacts
from appliance.enhance.frames import improve
from appliance.enhance.manifest import MANIFEST, models_folder, read_rows
from appliance.enhance.runtime import Runtime
from appliance.enhance.tiers import BY_SIZE, GUIDE

Run = Callable[[Iterable[Picture], Runtime], Iterator[Picture]]
NOT_ALONE = (*BY_SIZE, GUIDE)  # these answer about fields, or about two films
VARIANTS = ("-s8", "-f32")  # of a net, for other processors
FOLDED = "folded"  # the nets that are trained here
RUNS: dict[str, Run] = {FOLDED: improve}  # by what the list of models says of a net's way to run


def known_nets(folder: Path | None = None) -> Mapping[str, NetFacts]:
    """Every net that works on whole pictures, by its name; raises Problem for a list that cannot be read."""
    rows = read_rows((folder or models_folder()) / MANIFEST)
    names = {str(row.get("tier")): row for row in rows}
    return {
        name: NetFacts(name, int(row.get("scale", 1)), BETWEEN if name == BETWEEN else "pictures")
        for name, row in names.items()
        if name not in NOT_ALONE and not name.endswith(VARIANTS)
    }


def run_of(name: str, folder: Path | None = None) -> Run:
    """How this net is run."""
    rows = read_rows((folder or models_folder()) / MANIFEST)
    said = next((str(row.get("run", FOLDED)) for row in rows if row.get("tier") == name), FOLDED)
    return RUNS[said]


def between_by(pictures: Iterable[Picture], times: int, runtime: Runtime) -> Iterator[Picture]:
    """``times`` pictures for each one, the first being the one that was given."""
    module: Any = import_module("appliance.enhance.interpolate")
    made: Iterator[Picture] = module.between(pictures, times, runtime)
    return made
