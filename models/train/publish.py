"""What goes with the weights: the manifest with their hashes, and a card that says what they can do."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from appliance.enhance.double import SCALE
from appliance.enhance.guided import GUIDE_CHANNELS
from appliance.enhance.looks import ASIDE
from appliance.enhance.manifest import MANIFEST, read_rows
from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS, WINDOW
from models.train import picture_words
from models.train.plan import GUIDE, Plan

HEAD = """# The restoration models. A file whose hash is not the one below is refused.
# Written by `python -m models.train`; do not edit.
"""
TAPE_INPUT = (
    f"fields: u8 (1, {INPUT_CHANNELS}, rows/4, columns/4); seven fields in temporal order, each luma folded "
    "2x4 and U, V folded 2x2, then the guess at the rows between folded 2x4; upside down when the middle "
    "field is a bottom field"
)
GUIDE_INPUT = (
    f"fields: u8 (1, {GUIDE_CHANNELS}, rows/4, columns/4); the restored 4:2:0 picture with what the rule "
    "has carried in (Y folded 4x4, U and V folded 2x2), the camera's registered picture folded alike, and "
    "how free the net is to change it (0..255)"
)
OUTPUT = (
    f"residual: u8 (1, {RESIDUAL_CHANNELS}, rows/4, columns/4); Y folded 4x4, U and V of 4:2:0 folded 2x2, "
    "in levels around 128"
)
KINDS = {
    "": "unsigned bytes, for processors",
    "-s8": "symmetric signed bytes, for TensorRT",
    "-f32": "floats",
}
OFFLINE, OF_OFFLINE = "studio", "standard"
Scores = dict[str, dict[str, float]]

WHAT = {
    "live": "Restores one tape field from a window of seven: deinterlaces, calms noise, sharpens, brings the "
    "colour back to its place. Made for two processor cores at the tape's own pace.",
    "standard": "Does what `live` does, and began as it, with nearly five times the work; for files and "
    "for a graphics processor.",
    "guide": "Goes on where the rule ends that carries into a restored picture what a second camera saw of "
    "the same moment. Its answer is weighed by how far the rule believes the camera: where it does not, no "
    "byte changes.",
}
CARD = """# {tier}

{what}

A plain stack of 3x3 convolutions on a quarter of both sides ({channels} channels, {blocks} residual blocks,
{weights:.2f} million weights, {gmacs:.1f} GMAC a field of 720x576), 8-bit activations and 8-bit weights,
trained as such.

**Data**: {about}.
Every piece went through the simulated tape of `appliance/sim` (PAL and NTSC; clean, good and worn); nothing
was ever compared with a real tape. The split is by clip and by photo.

**What it leaves alone**: levels, saturation, a constant error of the hue and the slow wave of the whole
picture. Nobody can tell them from the tape alone, so the tapes it learnt from have none.

**Held-out pieces** of 384x192 pixels, mean over the pieces, decibels (luma / colour), on the simulator that
it was trained with; docs/bench.md has the figures on another one:

| |{names}
| --- |{rules}
{rows}

![loss]({tier}-loss.png)
"""


def write_manifest(folder: Path, plan: Plan, scores: Scores, about: str) -> None:
    """Renews the rows of this tier and keeps those of the others."""
    path = folder / MANIFEST
    own = (plan.tier, OFFLINE) if plan.tier == OF_OFFLINE else (plan.tier,)
    kept = [row for row in read_rows(path) if row["tier"].split("-")[0] not in own] if path.exists() else []
    metrics = {f"{group}_{key}": round(v, 2) for group, row in scores.items() for key, v in row.items()}
    fresh = [
        row_of(folder, plan, kind, about, metrics if not kind else {})
        for kind in KINDS
        if (folder / f"{plan.tier}{kind}.onnx").exists()
    ]
    offline = [offline_row(row) for row in fresh if OFFLINE in own]
    path.write_text(HEAD + "".join(as_toml(row) for row in [*kept, *fresh, *offline]), encoding="utf-8")


def offline_row(row: dict[str, Any]) -> dict[str, Any]:
    """The tier that takes its time has the same file, looks more often and gives a larger film."""
    tier = row["tier"].replace(OF_OFFLINE, OFFLINE)
    gmacs = round(len(ASIDE) * row["gmacs"], 2)
    other = {"name": f"twinreel-{tier}", "tier": tier, "gmacs": gmacs, "looks": len(ASIDE), "scale": SCALE}
    return {key: value for key, value in (row | other).items() if key != "metrics"}


def row_of(folder: Path, plan: Plan, kind: str, about: str, metrics: dict[str, float]) -> dict[str, Any]:
    path = folder / f"{plan.tier}{kind}.onnx"
    return {
        "name": f"twinreel-{path.stem}",
        "tier": path.stem,
        "kind": KINDS[kind],
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **asked_and_answered(plan),
        "gmacs": round(plan.macs / 1e9, 2),
        "data": about,
        "training_commit": commit(folder),
        "metrics": metrics,
    }


def asked_and_answered(plan: Plan) -> dict[str, Any]:
    if plan.window:
        task = {"task": picture_words.TASKS[plan.tier], "window": plan.window, "scale": plan.scale}
        base = {"soft_px": plan.soft_px} if plan.soft_px else {}
        return (
            task
            | base
            | {
                "input": picture_words.picture_input(plan),
                "output": picture_words.picture_output(plan),
            }
        )
    if plan.tier == GUIDE.tier:
        return {"window": 1, "input": GUIDE_INPUT, "output": OUTPUT}
    return {"window": WINDOW, "input": TAPE_INPUT, "output": OUTPUT}


def as_toml(row: dict[str, Any]) -> str:
    lines = [f"{key} = {toml(value)}" for key, value in row.items() if key != "metrics"]
    table = [f'"{key}" = {value}' for key, value in row.get("metrics", {}).items()]
    return "\n".join(["", "[[model]]", *lines, *(["[model.metrics]", *table] if table else []), ""])


def toml(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def write_card(path: Path, plan: Plan, scores: Scores, about: str) -> None:
    names = [key.removesuffix("_psnr_y") for key in next(iter(scores.values())) if key.endswith("_psnr_y")]
    rows = []
    for group, found in scores.items():
        cells = [f"{found[f'{name}_psnr_y']:.2f} / {found[f'{name}_psnr_c']:.2f}" for name in names]
        rows.append(" | ".join([f"| {group}", *cells]) + " |")
    text = (picture_words.CARD if plan.window else CARD).format(
        tier=plan.tier,
        **words_of(plan),
        channels=plan.channels,
        blocks=plan.blocks,
        weights=plan.weights / 1e6,
        gmacs=plan.macs / 1e9,
        about=about,
        names="".join(f" {name} |" for name in names),
        rules=" --- |" * len(names),
        rows="\n".join(rows),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def words_of(plan: Plan) -> dict[str, str | int]:
    if not plan.window:
        return {"what": WHAT[plan.tier]}
    parts = {"what": picture_words.WHAT, "learnt": picture_words.LEARNT, "not_done": picture_words.NOT_DONE}
    return {name: words[plan.tier] for name, words in parts.items()} | {"window": plan.window}


def commit(folder: Path) -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
