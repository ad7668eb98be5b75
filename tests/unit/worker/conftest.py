"""Tiny tapes and cameras as files, and the real model opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.core.config import Config
from appliance.core.journal import Job, Journal, TakeRow
from appliance.core.paths import Paths
from appliance.core.snapshot import JobProgress
from appliance.core.types import ModelInfo, Picture, Role, Segment, Take, TakeState
from appliance.encode.writer import FilmSpec, add_video
from appliance.enhance.manifest import load_model
from appliance.enhance.runtime import Runtime, open_session
from appliance.sim.stick import SimStick
from appliance.takes.store import save_take
from appliance.worker.job import TakeProgress

WriteFilm = Callable[..., Path]
RATE_HZ = 48000
TAKE = "2026-11-21-001"


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return open_session(load_model(), "cpu", threads=1)


@pytest.fixture
def one_runtime(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tape is restored by the smallest model, opened once."""

    def once(model: ModelInfo, *more: object) -> Runtime:
        return open_session(model, "cpu", 1) if model.tier == "guide" else runtime

    monkeypatch.setattr("appliance.worker.models.open_session", once)


def scene(number: int, width: int, height: int, order: int = 1) -> Picture:
    """Coarse patches that wander; its grey value and place say which moment it is.

    ``order`` as FFmpeg counts: 1 progressive, 2 top field first, 3 bottom field first.
    """
    rng = np.random.default_rng(7)
    patches = np.kron(rng.integers(40, 210, (height // 8 + 2, width // 8 + 2)), np.ones((8, 8)))
    y, later = (np.roll(patches, 2 * number + k, axis=1)[:height, :width].astype(np.uint8) for k in (0, 1))
    if order != 1:
        y[order % 2 ^ 1 :: 2] = later[order % 2 ^ 1 :: 2]
    half = ((height + 1) // 2, (width + 1) // 2)
    u, v = (np.full(half, value, np.uint8) for value in (110, 150))
    return Picture(y, u, v, 0.0)


def sound_of(seconds: float) -> np.ndarray:
    """Noise that is the same at the same time."""
    rng = np.random.default_rng(3)
    return (rng.standard_normal(round(seconds * RATE_HZ)) * 3000).astype(np.int16)


@pytest.fixture
def write_film(tmp_path: Path) -> WriteFilm:
    """``numbers``: the moments to write; ``times`` the frame number at which each lies, if not the same."""

    def write(
        name: str,
        numbers: range | list[int],
        *,
        size: tuple[int, int] = (96, 64),
        rate: Fraction = Fraction(25),
        sound_s: float | None = None,
        codec: str = "ffv1",
        order: int = 2,
        light: list[np.ndarray] | None = None,
        sound: np.ndarray | None = None,
    ) -> Path:
        path = tmp_path / name
        spec = FilmSpec(*size, rate, codec=codec, keyframe_interval=8, threads=1)  # type: ignore[arg-type]
        with av.open(str(path), "w") as film:
            stream = add_video(film, spec)
            stream.codec_context.field_order = order
            heard = sound_of(sound_s) if sound is None and sound_s else sound
            voice = film.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") if heard is not None else None
            for number in numbers:
                picture = scene(number, *size, order)
                luma = picture.y if light is None else light[number]
                frame = av.VideoFrame(*size, "yuv420p")
                for plane, pixels in zip(frame.planes, (luma, picture.u, picture.v), strict=True):
                    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
                    lines[: plane.height, : plane.width] = pixels
                frame.pts, frame.time_base = number, 1 / rate
                film.mux(stream.encode(frame))
            film.mux(stream.encode(None))
            if voice is not None and heard is not None:
                block = av.AudioFrame.from_ndarray(heard[None], "s16", "mono")
                block.sample_rate, block.pts = RATE_HZ, 0
                film.mux(voice.encode(block))
                film.mux(voice.encode(None))
        return path

    return write


@dataclass
class Box:
    """A spool with a take that waits for its job, and a stick."""

    paths: Paths
    config: Config
    journal: Journal
    sticks: SimStick

    @property
    def folder(self) -> Path:
        return self.paths.take(TAKE)

    def progress(self, tell: Callable[[JobProgress], None] = lambda step: None) -> TakeProgress:
        return TakeProgress(TAKE, tell, self.journal)

    def state(self) -> TakeState:
        return self.journal.takes()[0].state

    def job(self) -> Job:
        found = self.journal.job(TAKE)
        assert found is not None
        return found


@pytest.fixture
def box(tmp_path: Path, write_film: WriteFilm, one_runtime: None) -> Iterator[Box]:
    """Twelve frames of tape and of a camera whose sound is too short to be compared."""
    paths = Paths(tmp_path / "box")
    paths.make()
    folder = paths.take(TAKE)
    folder.mkdir()
    segments = []
    for role in Role:
        name = f"{role.value}-00.mkv"
        write_film(name, range(12), sound_s=0.48, order=2 if role is Role.TAPE else 1).rename(folder / name)
        segments.append(Segment(role, 0, name, 0.0, 0.48, 12, 0, complete=True))
    take = Take(TAKE, "2026-11-21T10:00:00+00:00", TakeState.RECORDED, tuple(segments), ended_by="button")
    save_take(take, folder)
    journal = Journal(paths.journal)
    journal.put_take(TakeRow(TAKE, take.created_at, take.state, 0.48, False, True, ""))
    journal.queue_job(TAKE)
    sticks = SimStick(paths)
    sticks.plug(200)
    settings = {"work": {"chunk_s": 0.2, "nice": 0}, "encode": {"preset": "ultrafast"}}
    yield Box(paths, Config.model_validate(settings), journal, sticks)
    journal.close()
