"""Joining a film's chunks, by copying their packets, and adding its sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags

from appliance.core.problems import Problem
from appliance.encode.files import whole_file
from appliance.encode.sound import SOUND_RATE_HZ, SoundBlock, SoundTape, sound_frame

Progress = Callable[[float], None]
BLOCK = 1024  # samples: an AAC frame


def join(
    chunks: Sequence[Path],
    out: Path,
    rate: Fraction,
    sound: Iterable[SoundBlock] | None = None,
    audio_kbit_s: int = 192,
    on_progress: Progress = lambda fraction: None,
) -> int:
    """Write ``out`` (.mp4 with AAC, or .mkv with PCM) from chunks of one spec; returns its frames.

    The sound's sample 0 is film time 0; it is cut or filled with silence to the film's length. ``out``
    appears only when it is whole and on the disk. The same chunks and sound give the same bytes.
    """
    if not chunks:
        raise nothing_to_join(out)
    with (
        whole_file(out) as part,
        open_film(part, out.suffix.lower()) as film,
        av.open(str(chunks[0])) as first,
    ):
        pictures = PictureTrack(film, first.streams.video[0], rate)
        track = SoundTrack(film, sound, out.suffix.lower(), audio_kbit_s) if sound is not None else None
        for number, chunk in enumerate(chunks, 1):
            for frames in pictures.append(chunk):
                if track is not None:
                    track.advance(round(frames / rate * SOUND_RATE_HZ))
            on_progress(number / len(chunks))
        if track is not None:
            track.finish(round(pictures.frames / rate * SOUND_RATE_HZ))
    return pictures.frames


@contextmanager
def open_film(part: Path, suffix: str) -> Iterator[Any]:
    """MP4 gets its index first, so that a player on the network need not read the whole file."""
    options = {"fflags": "+bitexact"}
    if suffix == ".mp4":
        options["movflags"] = "+faststart"
    container_format = "mp4" if suffix == ".mp4" else "matroska"
    with av.open(str(part), "w", format=container_format, container_options=options) as film:
        yield film


class PictureTrack:
    """The film's pictures: packets numbered on, chunk after chunk."""

    def __init__(self, film: Any, template: Any, rate: Fraction) -> None:
        self.frames = 0
        self._film = film
        self._rate = rate
        self._extradata = template.codec_context.extradata
        self._delay = (
            template.codec_context.reorder_depth
        )  # a packet is decoded so many frames before its turn
        self._stream = film.add_stream_from_template(template)
        self._stream.time_base = 1 / rate

    def append(self, chunk: Path) -> Iterator[int]:
        """Copy a chunk's packets; yields the film's frames so far after each."""
        base = self.frames
        with av.open(str(chunk)) as container:
            source = container.streams.video[0]
            if source.codec_context.extradata != self._extradata:
                raise foreign_chunk(chunk)
            for packet in container.demux(source):
                if packet.pts is not None:
                    self._copy(packet, base)
                    yield self.frames

    def _copy(self, packet: Any, base: int) -> None:
        """Matroska counts milliseconds; the frame's number is what they were rounded from."""
        packet.pts = base + round(packet.pts * packet.time_base * self._rate)
        packet.dts = self.frames - self._delay
        packet.duration = 1
        packet.time_base = 1 / self._rate
        packet.stream = self._stream
        self._film.mux(packet)
        self.frames += 1


class SoundTrack:
    """The film's sound, encoded as far as the pictures have come, so that nothing piles up."""

    def __init__(self, film: Any, blocks: Iterable[SoundBlock], suffix: str, kbit_s: int) -> None:
        codec, self._format = ("aac", "fltp") if suffix == ".mp4" else ("pcm_s16le", "s16")
        self._film = film
        self._tape = SoundTape(blocks)
        self._written = 0
        self._stream = film.add_stream(codec, rate=SOUND_RATE_HZ)
        self._stream.layout, self._stream.format = "stereo", self._format
        if codec == "aac":
            self._stream.codec_context.bit_rate = kbit_s * 1000
        self._stream.codec_context.flags |= Flags.bitexact

    def advance(self, until: int) -> None:
        """Whole blocks up to sample ``until``."""
        while self._written + BLOCK <= until:
            self._encode(BLOCK)

    def finish(self, until: int) -> None:
        self.advance(until)
        if until > self._written:
            self._encode(until - self._written)
        self._film.mux(self._stream.encode(None))

    def _encode(self, samples: int) -> None:
        frame = sound_frame(self._tape.take(samples), self._written, self._format)
        self._film.mux(self._stream.encode(frame))
        self._written += samples


def nothing_to_join(out: Path) -> Problem:
    return Problem(
        "film-empty",
        "The film has no pictures",
        f"There is nothing that {out.name} could be made of.",
        "Record the tape again; check that the tape plays and the picture is seen on the page.",
    )


def foreign_chunk(chunk: Path) -> Problem:
    return Problem(
        "chunk-foreign",
        "A piece of the film does not fit the others",
        f"{chunk.name} was encoded in another way, perhaps by another version of the box.",
        "Press retry on the page: the film is made again from the recording.",
    )
