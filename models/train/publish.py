"""What goes with the weights: the manifest with their hashes, and the card that says what they can do."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from appliance.enhance.pack import INPUT_CHANNELS, RESIDUAL_CHANNELS, WINDOW

HEAD = """# The restoration models. A file whose hash is not the one below is refused.
# Written by `python -m models.train`; do not edit.
"""
INPUT = (
    f"fields: u8 (1, {INPUT_CHANNELS}, rows/4, columns/4); five fields in temporal order, each luma folded "
    "2x4 and U, V folded 2x2, then the guess at the rows between folded 2x4; upside down when the middle "
    "field is a bottom field"
)
OUTPUT = (
    f"residual: u8 (1, {RESIDUAL_CHANNELS}, rows/4, columns/4); Y folded 4x4, U and V of 4:2:0 folded 2x2, "
    "in levels around 128, to be added to the middle field and the guess"
)
Metrics = dict[str, float]
METHODS = {
    "live": "this model",
    "live_s8": "its signed twin",
    "guess": "its first guess alone",
    "line_average": "line average",
    "bwdif": "bwdif",
}
CARD = """# live

Restores one tape field from a window of five: deinterlaces, calms noise, sharpens, brings the colour back to
its place. Made for two processor cores; a plain stack of 3x3 convolutions (64 channels, two residual blocks,
0.22 million weights, 5.5 GMAC a field of 720x576), 8-bit activations and 7-bit weights, trained as such.

**Data**: {data}. Every piece went through the simulated tape of `appliance/sim/degrade.py` (PAL and NTSC;
clean, good and worn); nothing was ever compared with a real tape. The split is by clip and by photo.

**What it leaves alone**: levels, saturation, a constant error of the hue and the slow wave of the whole
picture. Nobody can tell them from the tape alone, so the tapes it learnt from (and those below) have none.

**Held-out pieces** of 288x256 pixels, mean over the pieces, decibels (luma / colour):

| wear |{names}
| --- |{rules}
{rows}

"clean" is only interlaced and band-limited. ![loss](live-loss.png)

**Falls short**: the training was short (processor only); large dropouts, tracking bands and the rows below
the head switch are softened rather than repaired; fine static detail is not always woven from both fields;
a tape without any noise comes out a little softer than from bwdif (first row).
"""


def write_manifest(folder: Path, metrics: Metrics, data: str) -> None:
    """A row for each of the two files; the metrics are those of the file ``live``."""
    rows = [
        row(folder, tier, metrics, data) for tier in ("live", "live-s8") if (folder / f"{tier}.onnx").exists()
    ]
    (folder / "manifest.toml").write_text(HEAD + "".join(rows), encoding="utf-8")


def row(folder: Path, tier: str, metrics: Metrics, data: str) -> str:
    path = folder / f"{tier}.onnx"
    values: dict[str, str | int] = {
        "name": f"twinreel-{tier}",
        "tier": tier,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "window": WINDOW,
        "input": INPUT,
        "output": OUTPUT,
        "data": data,
        "training_commit": commit(folder),
    }
    lines = [
        f"{key} = {value if isinstance(value, int) else chr(34) + value + chr(34)}"
        for key, value in values.items()
    ]
    table = [f"{key} = {value:.2f}" for key, value in metrics.items()] if tier == "live" else []
    return "\n".join(["", "[[model]]", *lines, *(["[model.metrics]", *table] if table else []), ""])


def write_card(path: Path, scores: dict[str, Metrics], data: str) -> None:
    rows = []
    for wear, found in scores.items():
        cells = [f"{found[f'{m}_psnr_y']:.2f} / {found[f'{m}_psnr_c']:.2f}" for m in METHODS]
        rows.append(" | ".join([f"| {wear}", *cells]) + " |")
    names = "".join(f" {name} |" for name in METHODS.values())
    text = CARD.format(data=data, names=names, rules=" --- |" * len(METHODS), rows="\n".join(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def commit(folder: Path) -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
