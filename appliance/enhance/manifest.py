"""Which model files there are, and that they are what they were when they were trained."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from appliance.core.problems import Problem
from appliance.core.types import ModelInfo

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENVIRONMENT = "TWINREEL_MODELS"
MANIFEST = "manifest.toml"
NEEDED = ("name", "file", "sha256", "window")
LOOKS, SCALES = range(1, 5), (1, 2, 4)


def models_folder() -> Path:
    """``$TWINREEL_MODELS``, else ``models/`` beside the package."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(__file__).resolve().parents[2] / "models"


def load_model(tier: str = "live", folder: Path | None = None) -> ModelInfo:
    """The model of this tier; refuses (Problem "model-damaged") one that is missing or was changed."""
    folder = folder or models_folder()
    row = find_row(folder / MANIFEST, tier)
    path = folder / str(row["file"])
    if not path.is_file():
        raise damaged(f"{path.name} is missing from {folder}.")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 != row["sha256"]:
        raise damaged(f"{path.name} is not the file that was checked in: its contents have changed.")
    window, looks, scale = (int(row.get(key, 1)) for key in ("window", "looks", "scale"))
    if looks not in LOOKS or scale not in SCALES:
        raise damaged(f"The list of models asks for {looks} looks and {scale} times the size for '{tier}'.")
    soft_px = float(row.get("soft_px", 0.0))
    return ModelInfo(str(row["name"]), str(path), sha256, tier, window, looks, scale, soft_px)


def fingerprint(tier: str) -> str:
    """Of the model of this tier as the manifest has it, unseen; empty where this version has none."""
    rows = read_rows(models_folder() / MANIFEST)
    return next((str(row.get("sha256", "")) for row in rows if row.get("tier") == tier), "")


def has_model(tier: str, folder: Path | None = None) -> bool:
    """Whether this version has a model of this tier at all; a manifest that cannot be read is a Problem."""
    return any(row.get("tier") == tier for row in read_rows((folder or models_folder()) / MANIFEST))


def find_row(manifest: Path, tier: str) -> dict[str, Any]:
    for row in read_rows(manifest):
        if row.get("tier") == tier:
            missing = [key for key in NEEDED if key not in row]
            if missing:
                raise damaged(f"The list of models {manifest} does not say the {missing[0]} of '{tier}'.")
            return row
    raise damaged(f"The list of models {manifest} has none for '{tier}'.")


def read_rows(manifest: Path) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(manifest.read_text(encoding="utf-8"))["model"]
        return [dict(row) for row in rows]
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise damaged(f"The list of models {manifest} cannot be read: {error}.") from error


def damaged(cause: str) -> Problem:
    return Problem(
        "model-damaged",
        "The restoration model cannot be used",
        cause,
        "Install Twinreel again. The recordings are safe; they can be restored afterwards.",
    )
