from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import numpy as np

from appliance.capture.ring import GATHER_FRAMES, Placed, Ring
from appliance.core.types import AudioBlock, VideoFrame


def frame(number: int, size: int = 100) -> Placed:
    return Placed(VideoFrame(number, number / 25, (), data=bytes(size)), number, 0, ())


def sound() -> AudioBlock:
    return AudioBlock(0.0, np.zeros((10, 2), np.int16))


def drain(ring: Ring) -> SimpleNamespace:
    """What a writer does, in a thread of its own."""
    batches: list[list[object]] = []

    def run() -> None:
        while batch := ring.batch():
            batches.append(list(batch))
            for piece in batch:
                ring.release(piece)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return SimpleNamespace(batches=batches, join=lambda: thread.join(10))


def test_pieces_come_out_in_order_and_a_few_at_a_time() -> None:
    ring = Ring(1000, 1 << 20)
    for number in range(100):
        assert ring.put(frame(number))
    writer = drain(ring)
    ring.close()
    writer.join()
    assert [piece.index for batch in writer.batches for piece in batch] == list(range(100))
    assert 2 <= len(writer.batches) <= 100 // GATHER_FRAMES


def test_a_few_frames_are_gathered_before_the_writer_wakes() -> None:
    ring = Ring(1000, 1 << 20)
    taken: list[int] = []
    done = threading.Event()

    def run() -> None:
        taken.append(len(ring.batch()))
        done.set()

    threading.Thread(target=run, daemon=True).start()
    began_s = time.monotonic()
    for number in range(GATHER_FRAMES):
        ring.put(frame(number))
    assert done.wait(10)
    assert time.monotonic() - began_s < 5
    assert taken[0] == GATHER_FRAMES


def test_one_piece_alone_does_not_wait_for_ever() -> None:
    ring = Ring(1000, 1 << 20)
    ring.put(sound())
    assert len(ring.batch()) == 1


def test_what_is_being_written_still_takes_room() -> None:
    ring = Ring(4, 1 << 20)
    for number in range(4):
        assert ring.put(frame(number))
    assert not ring.put(frame(4))
    first = ring.batch()[0]
    assert not ring.put(frame(4))
    ring.release(first)
    assert ring.put(frame(4))


def test_bytes_are_bounded_too() -> None:
    ring = Ring(1000, 1000)
    assert [ring.put(frame(number, 400)) for number in range(4)] == [True, True, True, False]
    assert ring.held_bytes == 1200


def test_a_ring_that_was_given_up_takes_nothing_and_tells_what_it_held() -> None:
    ring = Ring(10, 1 << 20)
    ring.put(frame(0))
    ring.put(sound())
    assert ring.give_up() == 1
    assert not ring.put(frame(1))
    assert ring.batch() == []
    assert ring.wait_for_room(0)
