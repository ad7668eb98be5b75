"""A folder of models of which one was tuned for a tape: the shipped ones, and in its place the tuned one.

It is used like any folder of models, and is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from appliance.enhance.manifest import MANIFEST, models_folder, read_rows

KINDS = ("", "-s8", "-f32")
KEPT = ("name", "tier", "file", "sha256", "window", "looks", "scale")
TUNED = "-tuned"
TUNED_FOR = "tuned_for"  # in a row of the list: the name of the tape


def publish(tuned: Path, out: Path, tier: str, tape: str, why: str) -> None:
    """``tuned`` holds the files of ``tier``; an older folder ``out`` is replaced at the very end."""
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    shipped = models_folder()
    rows = [kept(row) for row in read_rows(shipped / MANIFEST)]
    renewed = {f"{tier}{kind}" for kind in KINDS}
    own: list[dict[str, Any]] = []
    for row in rows:
        if row["tier"] in renewed:
            row = tuned_row(row, tuned, tape, why)
            shutil.copyfile(tuned / f"{row['tier']}.onnx", part / row["file"])
        elif not (part / row["file"]).exists():
            shutil.copyfile(shipped / row["file"], part / row["file"])
        own.append(row)
    (part / MANIFEST).write_text("\n".join(as_toml(row) for row in own), encoding="utf-8")
    swap(part, out)


def kept(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in KEPT if key in row}


def tuned_row(row: dict[str, Any], folder: Path, tape: str, why: str) -> dict[str, Any]:
    """Under a name of its own: ``standard.onnx`` is the file of ``studio``, too, which stays as it is."""
    data = (folder / f"{row['tier']}.onnx").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    name = {
        "name": f"{str(row['name']).removesuffix(TUNED)}{TUNED}",
        "file": f"{row['tier']}{TUNED}.onnx",
        "sha256": digest,
    }
    return {**row, **name, TUNED_FOR: tape, "found": why}


def as_toml(row: dict[str, Any]) -> str:
    """TOML writes names and whole numbers as JSON does."""
    return "\n".join(["[[model]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items()), ""])


def swap(part: Path, out: Path) -> None:
    old = out.with_name(f"{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.replace(old)
    part.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def tuned_tier(folder: Path) -> str:
    """The tier that was tuned in this folder of models, or "". Raises Problem where it is no such folder."""
    tiers = [str(row["tier"]) for row in read_rows(folder / MANIFEST) if TUNED_FOR in row]
    return next((tier for tier in tiers if not tier.endswith(KINDS[1:])), "")
