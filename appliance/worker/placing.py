"""Where a camera's recording lies on the tape: by sound first, by light where sound does not tell."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.core.media import MediaInfo, read_pictures
from appliance.core.problems import Problem
from appliance.core.types import FieldOrder, SyncEstimate
from appliance.sync.estimate import estimate_sync
from appliance.sync.latency import for_pictures
from appliance.sync.light import estimate_light
from appliance.sync.light_curve import LightCurve, read_light
from appliance.sync.track import Track, keep_track
from appliance.worker.reel import SYNC_RATE_HZ, heard

Tell = Callable[[float, str], None]
KEPT = "sound-"
WAYS = ("auto", "sound", "light")
BY_SOUND, LOOKING = "Comparing the sound of tape and camera", "Looking at the pictures of tape and camera"
SOUND_SHARE = 0.2  # of the time, as it is told; the pictures of a long tape take many times as long
TELL_EVERY_S = 1.0  # of film


class Placer:
    """One tape, read once, against any number of camera recordings.

    ``sound_late_s`` says how late each file's sound is after its pictures; what it does not name is on time.
    ``expected_s`` says where the recorders' clocks put a camera that ran beside the tape. The sound of hours
    is kept in ``work`` (else with the other temporary files) as long as the Placer is.
    """

    def __init__(
        self,
        tape: MediaInfo,
        order: FieldOrder | None = None,
        way: str = "auto",
        sound_late_s: Mapping[Path, float] | None = None,
        expected_s: Mapping[Path, float] | None = None,
        work: Path | None = None,
    ) -> None:
        if way not in WAYS:
            raise no_such_way(way)
        self._tape, self._way, self._late_s = tape, way, sound_late_s or {}
        self._order: FieldOrder = order or tape.field_order
        self._expected_s = expected_s or {}
        self._light: LightCurve | None = None
        for left in work.glob(f"{KEPT}*") if work else ():  # by a run that the power ended
            shutil.rmtree(left, ignore_errors=True)
        self._kept = TemporaryDirectory(prefix=KEPT, dir=work)

    @cached_property
    def _sound(self) -> Track:
        return keep_track(heard(self._tape.path), Path(self._kept.name) / "tape")

    def place(self, camera: MediaInfo, tell: Tell) -> SyncEstimate:
        """The estimate that maps pictures to pictures; its reason names what was tried in vain."""
        by_sound = SyncEstimate(None)
        if self._way != "light":
            by_sound = self._by_sound(camera, lambda part: tell(SOUND_SHARE * part, BY_SOUND))
            if by_sound.offset_s is not None or self._way == "sound":
                return by_sound
        begin = SOUND_SHARE if self._way == "auto" else 0.0
        by_light = self._by_light(camera, lambda part: tell(begin + (1 - begin) * part, LOOKING))
        if by_light.offset_s is not None or self._way == "light":
            return by_light
        reasons = " ".join(dict.fromkeys((by_sound.reason, by_light.reason)))
        return replace(by_light, reason=f"Neither their sound nor their light belong together: {reasons}")

    def _by_sound(self, camera: MediaInfo, tell: Callable[[float], None]) -> SyncEstimate:
        tell(0.0)
        sound = keep_track(heard(camera.path, lambda: tell(0.0)), Path(self._kept.name) / "camera")
        found = estimate_sync(self._sound, sound, SYNC_RATE_HZ, tell, self._expected_s.get(camera.path))
        sound.close()
        late_s = [self._late_s.get(info.path, 0.0) for info in (self._tape, camera)]
        return for_pictures(found, *late_s)

    def _by_light(self, camera: MediaInfo, tell: Callable[[float], None]) -> SyncEstimate:
        lengths_s = self._tape.duration_s, camera.duration_s
        share = 0.9 * lengths_s[0] / (sum(lengths_s) + 1e-9)
        if self._light is None:
            self._light = light_of(self._tape, self._order, lambda part: tell(share * part))
        seen = light_of(camera, camera.field_order, lambda part: tell(share + (0.9 - share) * part))
        return estimate_light(self._light, seen, lambda part: tell(0.9 + 0.1 * part))


def tell_share(tell: Tell, number: int, count: int, fraction: float, text: str) -> None:
    """How far all is when ``number`` of ``count`` steps are done, and this much of the next."""
    tell((number + fraction) / count, text)


def light_of(film: MediaInfo, order: FieldOrder, tell: Callable[[float], None]) -> LightCurve:
    """The film's light curve; every picture is read, which takes long."""
    told_s = -TELL_EVERY_S

    def on_moment(time_s: float) -> None:
        nonlocal told_s
        if time_s >= told_s + TELL_EVERY_S:
            told_s = time_s
            tell(min(1.0, time_s / max(film.duration_s, 1e-9)))

    return read_light(read_pictures(film.path), order, float(film.rate), on_moment)


def no_such_way(way: str) -> Problem:
    return Problem(
        "sync-way",
        f"There is no way {way!r} to compare two recordings",
        "They can be compared by sound and by light.",
        f"Choose one of {', '.join(WAYS)}.",
    )
