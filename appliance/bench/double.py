"""What a camera adds to a film of twice the size, on clips that no training saw.

The clips are hardly larger than a tape, so everything is half as large here: the film is made of a whole tape
and then halved, and doubled again it is compared with the truth. The camera lies as far beside its place as a
registration leaves it, in pixels of the halved film, which is cleaner than one of a tape of that size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from appliance.bench.camera import REGISTERED_PX, registered
from appliance.bench.material import Material, Sample
from appliance.bench.metrics import psnr_y, ssim
from appliance.bench.ours import Seen, tape_only
from appliance.bench.quality import Tell, Wanted, find_samples
from appliance.core.types import Picture
from appliance.enhance.double import SCALE, Fine, doubled, halved_picture
from appliance.enhance.manifest import load_model
from appliance.enhance.pipeline import NO_ANSWER, guide_question


@dataclass(frozen=True)
class DoubleScore:
    """``tape``: the tape alone. ``plain``: with the camera's help, then made larger. ``fine``: with what is
    finer than the small film holds, too."""

    clip: str
    wear: str
    tape: tuple[float, float]  # PSNR-Y, SSIM
    plain: tuple[float, float]
    fine: tuple[float, float]


def measure_double(wanted: Wanted, tell: Tell) -> list[DoubleScore]:
    """With the first of the wanted tiers."""
    samples = find_samples(wanted)
    found = []
    for number, sample in enumerate(samples):
        tell(number / len(samples), f"Doubling {sample.name}")
        found.append(score(sample, wanted.own_tiers[0]))
    tell(1.0, "Done")
    return found


def score(sample: Sample, tier: str) -> DoubleScore:
    material = Material(sample)
    films = tape_only(material.tape, material.standard, load_model(tier))
    small = [halved_picture(film) for film in films]
    off_px = SCALE * REGISTERED_PX  # of the large picture's pixels
    guides = registered(material.camera, material.tape, 0.0, sample.seed, off_px)
    helped = list(with_camera(small, guides))
    plain = [film for film, _ in helped]
    largest = [doubled(film, fine) for film, fine in helped]
    kinds = ([doubled(film, None) for film in small], [doubled(film, None) for film in plain], largest)
    truth = material.truth
    scores = [(psnr_y(pictures, truth), ssim(pictures, truth)) for pictures in map(material.measured, kinds)]
    return DoubleScore(sample.clip.stem.split("__")[-1], sample.wear, *scores)


def with_camera(small: Iterable[Picture], seen: Iterable[Seen]) -> Iterator[tuple[Picture, Fine]]:
    for film, (picture, coverage) in zip(small, seen, strict=True):
        fine = Fine(picture, film.y, coverage[::SCALE, ::SCALE].copy(), 1.0)
        question = guide_question(film, halved_picture(picture), fine.coverage, 1.0, by_net=False)
        yield question.finish(NO_ANSWER), fine


def double_rows(found: list[DoubleScore]) -> Iterator[str]:
    """A line for each clip and wear, and the means."""
    yield f"{'':30}   {'tape alone':16}   {'camera, enlarged':16}   camera, doubled"
    for wear in sorted({row.wear for row in found}):
        rows = [row for row in found if row.wear == wear]
        for row in rows:
            yield line(wear, row.clip, row.tape, row.plain, row.fine)
        kinds = ([getattr(row, kind) for row in rows] for kind in ("tape", "plain", "fine"))
        yield line(wear, "mean", *map(mean, kinds))


def line(wear: str, clip: str, *scores: tuple[float, float]) -> str:
    cells = (f"{psnr:6.2f} dB {alike:.4f}" for psnr, alike in scores)
    return "   ".join((f"{wear:5} {clip[:24]:24}", *cells))


def mean(scores: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(s[0] for s in scores) / len(scores), sum(s[1] for s in scores) / len(scores)
