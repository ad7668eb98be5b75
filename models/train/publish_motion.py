"""The card of the flow net and its rows in the manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from appliance.enhance.manifest import MANIFEST, read_rows
from appliance.enhance.motion import FLOW_CHANNELS
from models.train.plan import Plan
from models.train.publish import HEAD, KINDS, Scores, as_toml, commit

INPUT = (
    f"fields: u8 (1, {FLOW_CHANNELS}, rows/8, columns/8); two pictures' light at half size, brought together "
    "by the first guess and folded 4x4, both at a quarter as they are, folded 2x2, and the guess's way from "
    "the one and to the other, x and y, in quarters of a pixel of the quarter size around 128, folded 2x2"
)
OUTPUT = (
    "residual: u8 (1, 24, rows/8, columns/8); folded 2x2, around 128: how far further to look in the one, x "
    "and y, and in the other, in eighths of a pixel, the other's share in 64ths beside the part of the way, "
    "and four that nothing reads"
)
NAMES = {
    "mixed": "both mixed",
    "flow": "flow without a net",
    "interpolate": "interpolate",
    "interpolate-s8": "interpolate-s8",
    "interpolate-f32": "interpolate-f32",
}
CARD = """# interpolate

Corrects what optical flow says of two pictures, for a picture between them: how far each of its places is to
be looked for in the one and in the other, and which of both shows it. The pictures themselves are moved and
mixed at full size by OpenCV, so that no detail is ever made up.

A plain stack of 3x3 convolutions on an eighth of both sides ({channels} channels, {blocks} residual blocks,
{weights:.3f} million weights, {gmacs:.2f} GMAC a picture of 720x576), 8-bit activations and 8-bit weights,
trained as such, through the moving and mixing.

**Data**: {about}. The pictures are clean; the split is by clip and by photo.

**What it leaves alone**: the colours follow the light. It adds no light of its own: what neither picture
shows cannot come out of it. Across a cut it is not asked.

**Held-out pieces** of 384x192 pixels, a picture half-way, a third or a quarter of the way between two, mean
over the pieces, decibels of light; docs/bench.md has the figures on whole clips:

| {names} |
| {rules} |
| {row} |

![loss](interpolate-loss.png)
"""


def write_motion_card(path: Path, plan: Plan, scores: Scores, about: str) -> None:
    found = {name: scores["held-out"][f"{name}_psnr_y"] for name in NAMES}
    text = CARD.format(
        channels=plan.channels,
        blocks=plan.blocks,
        weights=plan.weights / 1e6,
        gmacs=plan.macs / 1e9,
        about=about,
        names=" | ".join(NAMES.values()),
        rules=" | ".join("---" for _ in NAMES),
        row=" | ".join(f"{value:.2f}" for value in found.values()),
    )
    path.write_text(text, encoding="utf-8")


def write_motion_rows(folder: Path, plan: Plan, scores: Scores, about: str) -> None:
    """Renews the rows of this tier and keeps those of the others."""
    path = folder / MANIFEST
    kept = [row for row in read_rows(path) if row["tier"].split("-")[0] != plan.tier] if path.exists() else []
    metrics = {f"{group}_{key}": round(v, 2) for group, row in scores.items() for key, v in row.items()}
    fresh = [row_of(folder, plan, kind, about) for kind in KINDS]
    fresh[0]["metrics"] = metrics
    path.write_text(HEAD + "".join(as_toml(row) for row in [*kept, *fresh]), encoding="utf-8")


def row_of(folder: Path, plan: Plan, kind: str, about: str) -> dict[str, Any]:
    path = folder / f"{plan.tier}{kind}.onnx"
    return {
        "name": f"twinreel-{path.stem}",
        "tier": path.stem,
        "kind": KINDS[kind],
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "task": "interpolate",
        "window": plan.window,
        "gmacs": round(plan.macs / 1e9, 2),
        "input": INPUT,
        "output": OUTPUT,
        "data": about,
        "training_commit": commit(folder),
    }
