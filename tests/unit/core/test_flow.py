"""Threads side by side: nothing lost or out of order, errors reach the one who waits, memory is bounded."""

import threading
from collections.abc import Iterator

import pytest

from appliance.core.flow import Sink, ahead


def test_ahead_gives_the_same_items_in_order() -> None:
    assert list(ahead(range(1000), 4)) == list(range(1000))


def test_ahead_is_never_more_than_its_depth_ahead() -> None:
    made = []

    def make() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    for taken, _ in enumerate(ahead(make(), 3), 1):
        assert len(made) <= taken + 3 + 2


def test_an_error_of_the_maker_is_raised_at_the_taker() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("tape torn")

    items = ahead(broken(), 2)
    assert next(items) == 1
    with pytest.raises(ValueError, match="tape torn"):
        next(items)


def test_a_taker_that_leaves_ends_the_maker() -> None:
    ended = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            ended.set()

    items = ahead(endless(), 2)
    next(items)
    items.close()
    del items
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]


def test_a_sink_does_everything_before_it_is_finished() -> None:
    done: list[int] = []
    sink: Sink[int] = Sink(done.append, 2)
    for number in range(100):
        sink.give(number)
    sink.finish()
    assert done == list(range(100))


def give_all(sink: Sink[int]) -> None:
    for number in range(100):
        sink.give(number)


def test_an_error_of_a_sink_reaches_the_giver() -> None:
    def full(item: int) -> None:
        raise OSError("disk full")

    sink: Sink[int] = Sink(full, 2)
    with pytest.raises(OSError, match="disk full"):
        give_all(sink)
    with pytest.raises(OSError, match="disk full"):
        sink.finish()
