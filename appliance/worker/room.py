"""Whether what a recipe makes will fit, told before the first picture."""

from __future__ import annotations

import shutil
from pathlib import Path

from appliance.core.problems import Problem
from appliance.enhance.course import Course, Shape

BITS_A_PIXEL = {".mp4": 0.5, ".mkv": 7.0, ".png": 14.0}  # of x264, FFV1 and PNG; restored tape takes less
SPARE = 1.1


def film_bytes(shape: Shape, suffix: str) -> int:
    """About how large a film of this shape becomes; rather too much."""
    return round(shape.pixels * shape.frames * BITS_A_PIXEL.get(suffix, 0.5) / 8 * SPARE)


def check_disk(course: Course, out: Path, work: Path) -> None:
    """Raises Problem "recipe-room" where the folder of ``out`` has no room for the film and its parts.

    The parts lie in ``work``, and then once more in the film; what an earlier run made is there already.
    """
    suffix = out.suffix.lower() or ".mp4"
    once = film_bytes(course.result, suffix)
    needed = once if suffix == ".png" else 2 * once
    folder = next(place for place in (out.resolve(), *out.resolve().parents) if place.is_dir())
    free = shutil.disk_usage(folder).free + size_of(work)
    if needed > free:
        where = f"{folder} has {gigabytes(free)} free"
        raise no_room(course, f"about {gigabytes(needed)} while it is made, and {where}")


def check_stick(course: Course, free: int | None) -> None:
    """Raises Problem "recipe-room" where the stick that is plugged in would not hold the film."""
    needed = film_bytes(course.result, ".mp4")
    if free is not None and needed > free:
        raise no_room(course, f"about {gigabytes(needed)}, and the stick has {gigabytes(free)} free")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("**/*") if path.is_file())


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def no_room(course: Course, cause: str) -> Problem:
    shape = course.result
    return Problem(
        "recipe-room",
        f"The recipe '{course.recipe.name}' would make more than fits",
        f"Its {shape.frames:,} pictures of {shape.width} × {shape.height} need {cause}.",
        "Make room, choose another place, or a recipe that makes smaller or fewer pictures.",
    )
