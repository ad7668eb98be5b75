"""The whole command on files: what ``enhance TAPE --camera CAMERA`` gains over the same tape alone.

A clip is played to and fro, so that a short tape of it can be repeated without a seam; the sound is long
enough to be compared. The camera stands elsewhere, sees other colours and begins at another time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from appliance.bench.clips import COLUMNS, Full, Standard, read_scene, standard_of, truth_of
from appliance.bench.material import LEAD, SKIP, SWITCH_ROWS
from appliance.bench.metrics import above, psnr_y
from appliance.bench.quality import find_clips
from appliance.bench.stand import CAMERA_SIZE, camera_pictures, draw_stand
from appliance.bench.tape import record
from appliance.bench.wear import wear_named
from appliance.core.media import read_pictures
from appliance.core.types import Picture
from appliance.encode.planes import video_frame
from appliance.encode.writer import FilmSpec, add_video
from appliance.sim.sound import RATE_HZ, camera_sound, tape_sound

LOOP_FIELDS = 48
LOOPS = 4
LATER_FIELDS = 17  # after the tape the camera begins
CAMERA_CRF = 16
ORDERS = {"progressive": 1, "tff": 2, "bff": 3}
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Gain:
    """PSNR-Y of the whole command's films, in dB."""

    clip: str
    wear: str
    alone: float
    camera: float

    @property
    def gain(self) -> float:
        return self.camera - self.alone


def measure_gains(data: Path, clips: int, wears: Sequence[str], tell: Tell) -> list[Gain]:
    """With the tier live; the films have no loss."""
    jobs = [
        (number, clip, wear)
        for number, clip in list(enumerate(find_clips(data)))[: clips or None]
        for wear in wears
    ]
    found = []
    for done, (number, clip, wear) in enumerate(jobs):
        tell(done / len(jobs), f"Restoring {clip.stem.split('__')[-1]}, {wear}, with and without the camera")
        with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as folder:
            found.append(gain_of(clip, wear, 100 + number, Path(folder)))
    tell(1.0, "Done")
    return found


def gain_of(clip: Path, wear: str, seed: int, folder: Path) -> Gain:
    standard = standard_of(clip)
    distinct = read_scene(clip, standard, LOOP_FIELDS // 2 + 1, SKIP)
    scene = distinct + distinct[-2:0:-1]
    tape, camera = write_pair(clip, standard, scene, wear, seed, folder)
    alone = enhanced(tape, None, standard, folder / "alone.mkv")
    helped = enhanced(tape, camera, standard, folder / "helped.mkv")
    return Gain(clip.stem.split("__")[-1], wear, score(alone, scene), score(helped, scene))


def write_pair(
    clip: Path, standard: Standard, scene: Sequence[Full], wear: str, seed: int, folder: Path
) -> tuple[Path, Path]:
    fields, rate = Fraction(standard.field_rate).limit_denominator(1001), RATE_HZ
    length_s = LOOPS * LOOP_FIELDS / standard.field_rate
    frames = record(scene, standard, wear_named(wear), seed)
    stand = draw_stand(np.random.default_rng([seed, 5]), standard, "still", LOOP_FIELDS)
    seen = list(
        camera_pictures(clip, standard, stand, LOOP_FIELDS, SKIP, seed, distinct=LOOP_FIELDS // 2 + 1)
    )
    later_s = LATER_FIELDS / standard.field_rate
    aspect = Fraction(4, 3) * Fraction(standard.rows, COLUMNS)
    tape_spec = FilmSpec(COLUMNS, standard.rows, fields / 2, aspect, codec="ffv1", pixel_format="yuv422p")
    camera_spec = FilmSpec(*CAMERA_SIZE, fields, codec="h264", crf=CAMERA_CRF, keyframe_interval=25)
    count = int((length_s - later_s) * rate)
    heard = tape_sound(seed, 0, int(length_s * rate)), camera_sound(seed, later_s, 0.0, 0, count)
    turned = [seen[(k + LATER_FIELDS) % LOOP_FIELDS] for k in range(LOOPS * LOOP_FIELDS - LATER_FIELDS)]
    write(folder / "tape.mkv", tape_spec, list(frames) * LOOPS, heard[0], ORDERS[standard.order])
    write(folder / "camera.mkv", camera_spec, turned, heard[1], ORDERS["progressive"])
    return folder / "tape.mkv", folder / "camera.mkv"


def write(
    path: Path, spec: FilmSpec, pictures: Sequence[Picture], sound: NDArray[np.int16], order: int
) -> None:
    with av.open(str(path), "w") as film:
        stream: Any = add_video(film, spec)
        stream.codec_context.field_order = order
        voice: Any = film.add_stream("pcm_s16le", rate=RATE_HZ, layout="stereo")
        for number, picture in enumerate(pictures):
            frame = video_frame(picture, spec.pixel_format, spec.colour)
            frame.pts, frame.time_base = number, 1 / spec.rate
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.reshape(1, -1)), "s16", "stereo")
        block.sample_rate, block.pts = RATE_HZ, 0
        film.mux(voice.encode(block))
        film.mux(voice.encode(None))


def enhanced(tape: Path, camera: Path | None, standard: Standard, out: Path) -> Path:
    """A command that fails ends this one with its exit code."""
    words = ["enhance", str(tape), "-o", str(out), "--tier", "live", "--provider", "cpu", "--force", "-q"]
    words += ["--field-order", standard.order, *(["--camera", str(camera)] if camera else [])]
    done = subprocess.run([sys.executable, "-m", "appliance", *words], stdout=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(done.returncode)
    return out


def score(film: Path, scene: Sequence[Full]) -> float:
    """From where both recordings run and the filters are warm, to the last loop's end."""
    first, last = LATER_FIELDS + 2 * LEAD, (LOOPS - 1) * LOOP_FIELDS
    truth = [above(truth_of(full, 0.0), SWITCH_ROWS) for full in scene]
    pictures = islice(enumerate(read_pictures(film)), first, last)
    values = [psnr_y([above(p, SWITCH_ROWS)], [truth[number % LOOP_FIELDS]]) for number, p in pictures]
    return float(np.mean(values))
