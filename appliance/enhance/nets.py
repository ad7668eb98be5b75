"""The nets that a recipe may name: which there are, and what is known of each before it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from appliance.enhance.course import NetFacts
from appliance.enhance.foreign import check_fits
from appliance.enhance.manifest import MANIFEST, models_folder, read_rows
from appliance.enhance.own import OwnModel, own_models
from appliance.enhance.recipe import BETWEEN
from appliance.enhance.tiers import BY_SIZE, GUIDE

NOT_ALONE = (*BY_SIZE, GUIDE)  # these answer about fields, or about two films
VARIANTS = ("-s8", "-f32")  # of a net, for other processors


def known_nets(own: Path | None = None, folder: Path | None = None) -> Mapping[str, NetFacts]:
    """Every net that works on whole pictures, by its name; ``own`` is the folder of the user's own models.

    Raises Problem for a list that cannot be read.
    """
    rows = {str(row.get("tier")): row for row in read_rows((folder or models_folder()) / MANIFEST)}
    shipped = {
        name: NetFacts(name, int(row.get("scale", 1)), "between" if name == BETWEEN else "pictures")
        for name, row in rows.items()
        if name not in NOT_ALONE and not name.endswith(VARIANTS)
    }
    mine = own_models(own) if own is not None else ()
    return {model.name: own_facts(model, own) for model in mine if own is not None} | shipped


def own_facts(model: OwnModel, folder: Path) -> NetFacts:
    task = "between" if model.task == "interpolate" else "pictures"
    return NetFacts(model.name, model.scale, task, folder, partial(check_fits, model))
