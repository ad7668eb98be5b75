"""Which frame sizes the models take: they see a quarter of it, and hold some fields at once."""

from __future__ import annotations

from appliance.core.problems import Problem

LEAST_PX = 32  # what the models' window of pixels needs, and the guide's comparison
MOST_PX = (1920, 1280)  # more takes more than the memory that a worker may have
MOST_LARGE_PX = (2048, 1280)  # of a film that is larger than the tape
CHOOSE_TAPE = "Choose the recording of the tape itself, at the size at which it was captured."
CHOOSE_TIER = "Choose the tier standard: its film has the tape's own size."


def check_size(width: int, height: int, name: str, scale: int = 1) -> None:
    """Raises Problem for a frame that no model takes; odd sizes are fine, they are padded.

    ``scale``: how many times as large the film is going to be.
    """
    remedy = CHOOSE_TAPE
    if min(width, height) < LEAST_PX:
        why = f"it needs at least {LEAST_PX} × {LEAST_PX}"
    elif width > MOST_PX[0] or height > MOST_PX[1]:
        why = "it takes no more than 1920 × 1280; tapes have 720 × 576 or less"
    elif scale > 1 and (scale * width > MOST_LARGE_PX[0] or scale * height > MOST_LARGE_PX[1]):
        most = " × ".join(str(side // scale) for side in MOST_LARGE_PX)
        why, remedy = f"for a film {scale} times as large it takes no more than {most}", CHOOSE_TIER
    else:
        return
    raise Problem(
        "frame-size",
        f"The pictures of {name} cannot be restored",
        f"They have {width} × {height} pixels; the restoration was made for tapes: {why}.",
        remedy,
    )
