"""What the bench of the seeds measures of a film, and where it keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.bench import vmaf
from appliance.bench.metrics import ms_ssim, psnr_c, psnr_y, ssim
from appliance.bench.stills import QUALITY, crop_path, panel
from appliance.core.types import Picture


@dataclass(frozen=True)
class SeedScores:
    """Of one clip by one method; ``kbit_s`` is 0 where there is no file, ``vmaf`` where nobody asked."""

    psnr_y: float
    psnr_c: float
    ssim: float
    ms_ssim: float
    vmaf: float = 0.0
    kbit_s: float = 0.0


Rows = dict[str, list[SeedScores]]  # of each method, clip by clip


def score(
    made: Sequence[Picture], truth: Sequence[Picture], seen: bool = False, kbit_s: float = 0.0
) -> SeedScores:
    """``seen``: with VMAF."""
    looks = vmaf.vmaf(made, truth)[0] if seen else 0.0
    light = psnr_y(made, truth), psnr_c(made, truth)
    return SeedScores(*light, ssim(made, truth), ms_ssim(made, truth), looks, kbit_s)


def mean(scores: Sequence[SeedScores], metric: str) -> float:
    return float(np.mean([getattr(one, metric) for one in scores]))


class KeptScores:
    """Of one clip in one table, in a file of ``out``; what other code or another net made is not taken."""

    def __init__(self, out: Path | None, table: str, clip: Path, identity: str) -> None:
        self._path = out / "scores" / f"seeds-{table}-{clip.stem.split('__')[-1]}.json" if out else None
        self._identity = f"{identity} {clip.name}"
        there = self._path is not None and self._path.is_file()
        self._rows: dict[str, dict[str, object]] = (
            json.loads(self._path.read_text()) if there and self._path else {}
        )

    def get(self, method: str, net: str) -> SeedScores | None:
        row = self._rows.get(method)
        if row is None or row["key"] != self._key(net):
            return None
        return SeedScores(**row["scores"])  # type: ignore[arg-type]

    def add(self, method: str, net: str, scores: SeedScores) -> None:
        self._rows[method] = {"key": self._key(net), "scores": asdict(scores)}
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._rows, indent=1))
        part.replace(self._path)

    def _key(self, net: str) -> str:
        return hashlib.sha256(f"{self._identity} {net}".encode()).hexdigest()[:24]


def side_by_side(out: Path, name: str, panels: Mapping[str, str]) -> None:
    """``out``/stills/``name``.jpg of the pieces that were kept of these methods, under these words."""
    there = [(crop_path(out, name, method), words) for method, words in panels.items()]
    if any(not path.is_file() for path, _ in there):
        return
    path = out / "stills" / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.hstack([panel(piece, words) for piece, words in there])
    cv2.imwrite(str(path), whole, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
