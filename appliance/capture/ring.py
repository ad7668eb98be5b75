"""What waits for the disk: bounded in frames and bytes, and taken out a few pieces at a time.

To wake a thread costs more than to write one frame: a writer that is woken for each of a hundred pieces a
second falls behind on a slow processor, and never catches up.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from appliance.core.types import AudioBlock, VideoFrame

GATHER_S = 0.2  # the longest that a piece waits for others to be written with
GATHER_FRAMES = 6
MOST_PIECES = 30  # of a batch; they are held until each is written


@dataclass(frozen=True)
class Placed:
    """A frame in the ring, with its place in the film and how many are missing before it."""

    frame: VideoFrame
    index: int
    lost_before: int
    flags: tuple[str, ...]


Piece = Placed | AudioBlock


class Ring:
    """``put`` is for one thread, ``batch`` and ``release`` for another, the rest for any."""

    def __init__(self, frames: int, size_bytes: int) -> None:
        self._limit, self._limit_bytes = frames, size_bytes
        self._enough = max(1, min(GATHER_FRAMES, frames // 4))
        self._pieces: deque[Piece] = deque()
        self._frames = self._bytes = 0  # until they are released
        self._changed = threading.Condition()
        self._closed = False

    @property
    def held_bytes(self) -> int:
        return self._bytes

    @property
    def full(self) -> bool:
        return self._frames >= self._limit or self._bytes >= self._limit_bytes

    def put(self, piece: Piece) -> bool:
        """Returns at once; False when there was no room, or nobody takes anything out any more."""
        with self._changed:
            if self._closed or self.full:
                return False
            self._pieces.append(piece)
            self._count(piece, 1)
            if self._frames >= self._enough:
                self._changed.notify_all()
            return True

    def batch(self) -> list[Piece]:
        """The oldest pieces, at the latest after a moment; none when the ring is closed and empty."""
        with self._changed:
            self._changed.notify_all()  # there is room, for whom waits for it
            self._gather()
            while not self._pieces and not self._closed:
                self._gather()
            return [self._pieces.popleft() for _ in range(min(len(self._pieces), MOST_PIECES))]

    def _gather(self) -> None:
        self._changed.wait_for(lambda: self._closed or self._frames >= self._enough, GATHER_S)

    def release(self, piece: Piece) -> None:
        """It leaves the memory: its room may be used by another."""
        with self._changed:
            self._count(piece, -1)

    def _count(self, piece: Piece, sign: int) -> None:
        self._frames += sign * isinstance(piece, Placed)
        self._bytes += sign * size_of(piece)

    def give_up(self) -> int:
        """Nothing can be written any more. How many frames were in it."""
        with self._changed:
            frames = self._frames
            self._pieces.clear()
            self._frames = self._bytes = 0
            self._closed = True
            self._changed.notify_all()
            return frames

    def wait_for_room(self, timeout_s: float) -> bool:
        """False when it stayed more than half full."""
        with self._changed:
            return self._changed.wait_for(lambda: self._half_empty, timeout_s)

    @property
    def _half_empty(self) -> bool:
        return self._frames < max(1, self._limit // 2) and self._bytes < self._limit_bytes // 2

    def close(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def size_of(piece: Piece) -> int:
    if isinstance(piece, AudioBlock):
        return piece.samples.nbytes
    return len(piece.frame.data) + sum(plane.nbytes for plane in piece.frame.planes)
