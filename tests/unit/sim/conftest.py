"""A short, small tape and camera, rendered once for all tests of the simulation."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.config import SimConfig
from appliance.sim.cache import Reel, fetch_reel
from appliance.sim.recipe import Recipe, recipe_of


class ManualClock:
    """Time goes on only when a test says so."""

    def __init__(self, now_s: float = 100.0) -> None:
        self.time_s = now_s
        self.speed = 1.0

    def now_s(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def sim_config() -> SimConfig:
    return SimConfig(
        enabled=True, size="quarter", seconds=1.6, wear="clean", camera_offset_s=0.3, camera_ppm=150.0
    )


@pytest.fixture(scope="session")
def recipe(sim_config: SimConfig) -> Recipe:
    return recipe_of(sim_config)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reels")


@pytest.fixture(scope="session")
def reel(recipe: Recipe, cache: Path) -> Reel:
    return fetch_reel(recipe, cache, lambda part: None)
