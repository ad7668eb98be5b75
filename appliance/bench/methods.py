"""What is compared: the chains people use today, and the product with and without a camera."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance.bench.chains import DENOISERS, run_chain
from appliance.bench.material import Material
from appliance.bench.ours import FLOAT, GUIDE, guided, model_or_none, tape_only, unseen
from appliance.core.types import ModelInfo, Picture
from appliance.enhance.manifest import load_model

GUIDED, MISPLACED, WRONG, ABSENT, FP32 = "guided", "guide 3 px off", "wrong guide", "absent guide", "FP32"
GUIDES = {GUIDED: "placed", MISPLACED: "misplaced", WRONG: "wrong", ABSENT: "placed"}
BENCH = "carrier subcarrier timebase tape wear clips material chains metrics vmaf"
CHAIN_SOURCES = tuple(f"bench/{name}.py" for name in BENCH.split())
OUR_SOURCES = tuple(
    f"{name}.py"
    for name in ("bench/ours", "bench/camera", "register/colour", "register/lines", "register/warp")
)


@dataclass(frozen=True)
class Method:
    """``identity`` changes with everything that changes its films; ``make`` gives one picture a field."""

    name: str
    identity: str
    make: Callable[[Material], list[Picture]]


def methods(tiers: tuple[str, ...], with_guides: bool) -> list[Method]:
    """In the order of the table."""
    found = list(chain_methods())
    for tier in tiers:
        found += tier_methods(tier, with_guides)
    return found


def chain_methods() -> Iterator[Method]:
    identity = source_digest(*CHAIN_SOURCES)
    for chain in DENOISERS:
        yield Method(chain, identity, lambda material, chain=chain: by_chain(material, chain))  # type: ignore[misc]


def by_chain(material: Material, chain: str) -> list[Picture]:
    return run_chain(chain, material.tape, material.standard)


def tier_methods(tier: str, with_guides: bool) -> Iterator[Method]:
    ours = source_digest(*CHAIN_SOURCES, *OUR_SOURCES, *enhance_sources())
    model, net = load_model(tier), model_or_none(GUIDE)
    yield Method(tier, f"{ours} {net_of(model)}", partial(by_tape, model=model))
    for name, kind in GUIDES.items() if with_guides else ():
        identity = f"{ours} {net_of(model)} {net.sha256 if net else 'by rule'}"
        yield Method(f"{tier} {name}", identity, guided_maker(model, name, kind, net))
    twin = model_or_none(f"{tier}{FLOAT}")
    if twin is not None:
        yield Method(f"{tier} {FP32}", f"{ours} {net_of(twin)}", partial(by_tape, model=twin))


def net_of(model: ModelInfo) -> str:
    return f"{model.sha256} x {model.looks}"


def by_tape(material: Material, model: ModelInfo) -> list[Picture]:
    return tape_only(material.tape, material.standard, model)


def guided_maker(
    model: ModelInfo, name: str, kind: str, net: ModelInfo | None
) -> Callable[[Material], list[Picture]]:
    """The camera first tells where the tape's lines belong, then its detail goes into the film."""

    def make(material: Material) -> list[Picture]:
        placed = material.guide(kind)
        seen = list(unseen(placed) if name == ABSENT else placed)
        return guided(tape_only(material.tape, material.standard, model, seen), seen, net)

    return make


def enhance_sources() -> list[str]:
    folder = Path(__file__).parents[1]
    return sorted(str(path.relative_to(folder)) for path in (folder / "enhance").glob("*.py"))


def source_digest(*names: str) -> str:
    """Scores that were kept are those of the code as it is now, or they are measured again."""
    folder = Path(__file__).parents[1]
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()[:16]
