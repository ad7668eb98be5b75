"""Engines are built ahead, with progress, and never while a tape is being recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.core.config import EnhanceConfig
from appliance.core.journal import Journal
from appliance.core.types import ModelInfo, TakeState
from appliance.enhance.manifest import has_model, load_model
from appliance.enhance.runtime import engine_missing, open_session
from appliance.enhance.tiers import BY_SIZE, GUIDE

LOOK_AGAIN_S = 2.0
WAITING = "Waiting until the recording has ended: a processor is not prepared while a tape is recorded"


@dataclass(frozen=True)
class Built:
    """A model and where it runs; ``built`` is False where nothing had to be built."""

    model: ModelInfo
    provider: str
    provider_reason: str
    built: bool


def build_engines(
    enhance: EnhanceConfig, cache: Path, journal: Path, tell: Callable[[float, str], None]
) -> list[Built]:
    """Every model opened once, so that later nobody waits for it; raises Problem for a damaged one."""
    tiers = [tier for tier in (*reversed(BY_SIZE), GUIDE) if has_model(tier)]
    done = []
    for number, tier in enumerate(tiers):
        share, model = number / len(tiers), load_model(tier)
        missing = engine_missing(model, enhance.provider, cache)
        if missing:
            wait_for_quiet(lambda: is_recording(journal), lambda text, at=share: tell(at, text))  # type: ignore[misc]
        tell(
            share,
            f"Preparing {model.name}, {number + 1} of {len(tiers)}{'; takes minutes' if missing else ''}",
        )
        opened = open_session(model, enhance.provider, enhance.threads, cache)
        done.append(Built(opened.model, opened.provider, opened.provider_reason, missing))
    tell(1.0, "Done")
    return done


def wait_for_quiet(
    recording: Callable[[], bool],
    tell: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Until no tape is being recorded; ``tell`` hears of it at every look and may end it by raising."""
    while recording():
        tell(WAITING)
        pause(LOOK_AGAIN_S)


def is_recording(journal: Path) -> bool:
    """By the box's list of takes; where there is no box, nothing is recorded."""
    if not journal.is_file():
        return False
    listed = Journal(journal)
    try:
        return any(take.state is TakeState.RECORDING for take in listed.takes())
    finally:
        listed.close()
