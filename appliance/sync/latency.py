"""How much later the sound of an event comes than its picture, inside one device: told by claps with a flash.

A capture device delays picture and sound unequally, by up to some fields. What is found here is stored
for the device and its mode, and a clock that was found by sound is made one of pictures with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from appliance.core.types import SyncEstimate, SyncWindow
from appliance.sync.flashes import find_flashes
from appliance.sync.light_curve import Array, FloatArray, LightCurve

EARLIEST_S, LATEST_S = -0.25, 0.5  # of the clap against its flash
STEP_S = 0.001
ATTACK_S, QUIET_S = 0.004, 0.03
CLEAR = 4.0  # times louder than what was before
BEGUN = 0.25  # of the loudest: there the clap begins
FAINT = 1e-8  # energy: less is no clap but the last bit of the samples
AGREE_S, SPREAD_S = 0.025, 0.0125
LEAST_EVENTS, LEAST_SHARE = 3, 0.6
UNCLEAR = "too few claps with a flash were seen and heard"
SCATTERED = "the claps do not agree with their flashes"


@dataclass(frozen=True)
class Latency:
    """``late_s``: sound after picture; None, with a ``reason``, when it could not be measured.

    ``events`` of the ``flashes`` that were seen agree, with a standard deviation of ``spread_s``.
    """

    late_s: float | None
    events: int = 0
    flashes: int = 0
    spread_s: float = 0.0
    reason: str = ""

    def sentence(self) -> str:
        if self.late_s is None:
            return f"The delay could not be measured: {self.reason}."
        side = "after" if self.late_s >= 0 else "before"
        agree = f"{self.events} of {self.flashes} claps agree to {1e3 * self.spread_s:.0f} ms"
        return f"the sound comes {1e3 * abs(self.late_s):.0f} ms {side} the picture ({agree})."


def measure_latency(sound: FloatArray, rate_hz: int, light: LightCurve) -> Latency:
    """From one recording's own sound (mono, sample 0 at time 0) and light.

    The middle of the flash counts, so a long flash makes the sound seem early, alike in every device.
    """
    flashes = find_flashes(light)
    loud = loudness(sound, rate_hz)
    near = [clap_near(loud, float(flash)) for flash in flashes.time_s]
    late = np.array([late_s for late_s in near if late_s is not None])
    if len(late) < LEAST_EVENTS:
        return Latency(None, flashes=len(flashes), reason=UNCLEAR)
    together = np.abs(late[:, None] - late[None]) < AGREE_S
    agreeing = late[together[int(together.sum(axis=1).argmax())]]
    found = Latency(float(agreeing.mean()), len(agreeing), len(flashes), float(agreeing.std()))
    if len(agreeing) < max(LEAST_EVENTS, LEAST_SHARE * len(flashes)) or found.spread_s > SPREAD_S:
        return replace(found, late_s=None, reason=SCATTERED)
    return found


def loudness(sound: FloatArray, rate_hz: int) -> Array:
    """The energy of every millisecond, without the hum."""
    step = max(1, round(rate_hz * STEP_S))
    sharp = np.diff(sound.astype(np.float64), prepend=0.0)
    steps = sharp[: len(sharp) // step * step].reshape(-1, step)
    return np.asarray((steps**2).mean(axis=1), np.float64)


def clap_near(loud: Array, flash_s: float) -> float | None:
    """When the most sudden sound around a flash begins, against the flash; None where nothing is sudden."""
    attack, quiet = round(ATTACK_S / STEP_S), round(QUIET_S / STEP_S)
    first = round((flash_s + EARLIEST_S) / STEP_S)
    last = round((flash_s + LATEST_S) / STEP_S)
    if first < quiet or last + attack > len(loud):
        return None
    total = np.concatenate([[0.0], np.cumsum(loud[first - quiet : last + attack])])
    at = np.arange(quiet, quiet + last - first)
    after = (total[at + attack] - total[at]) / attack
    before = (total[at] - total[at - quiet]) / quiet
    top = int((after - CLEAR * before).argmax())
    if after[top] < CLEAR * before[top] + FAINT:
        return None
    clap = loud[first + top : first + top + attack]
    begin = int(np.argmax(clap > BEGUN * clap.max()))
    return (first + top + begin) * STEP_S - flash_s


def for_pictures(estimate: SyncEstimate, tape_late_s: float, camera_late_s: float) -> SyncEstimate:
    """A clock that was found by sound, as one of pictures: each device's sound moved back to its picture."""
    if estimate.offset_s is None or (tape_late_s == 0 and camera_late_s == 0):
        return estimate
    windows = (
        SyncWindow(w.t_camera_s - camera_late_s, w.t_tape_s - tape_late_s, w.weight) for w in estimate.windows
    )
    return replace(
        estimate,
        offset_s=estimate.offset_s - tape_late_s + (1 + estimate.drift_ppm * 1e-6) * camera_late_s,
        steps=tuple(replace(step, t_tape_s=step.t_tape_s - tape_late_s) for step in estimate.steps),
        bends=tuple(replace(bend, t_tape_s=bend.t_tape_s - tape_late_s) for bend in estimate.bends),
        windows=tuple(windows),
    )
