"""A take to deliver, and a simulated stick to deliver it to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from appliance.core.paths import Paths
from appliance.core.types import Artifact, ArtifactRole
from appliance.sim.stick import SimStick

FILES = {
    "film.mp4": (ArtifactRole.ACCESS, 3_000_000),
    "comparison.mp4": (ArtifactRole.COMPARISON, 1_500_000),
    "report.html": (ArtifactRole.REPORT, 20_000),
    "tape-00.mkv": (ArtifactRole.MASTER, 2_500_000),
    "work/tape-00.log": (ArtifactRole.LOG, 0),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The take's folder on the spool, 7 MB."""
    folder = tmp_path / "takes/2026-11-21-0001"
    noise = np.random.default_rng(5)
    for name, (_, size) in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(noise.bytes(size))
    return folder


@pytest.fixture
def files(source: Path) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(name, role, hashlib.sha256((source / name).read_bytes()).hexdigest(), size)
        for name, (role, size) in FILES.items()
    )


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "box")


@pytest.fixture
def stick(paths: Paths) -> SimStick:
    stick = SimStick(paths)
    stick.plug(64)
    return stick
