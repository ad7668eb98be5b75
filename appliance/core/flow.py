"""Running stages side by side with bounded queues."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
END = object()


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """The same items, made by a thread of their own at most ``depth`` ahead. Its errors are raised here.

    Closing it, or dropping it, ends the thread and closes ``items``.
    """
    box: queue.Queue[object] = queue.Queue(depth)
    stop = threading.Event()

    def offer(item: object) -> bool:
        while not stop.is_set():
            try:
                box.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def produce() -> None:
        try:
            for item in items:
                if not offer(item):
                    return
            offer(END)
        except BaseException as error:
            offer(Failed(error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=produce, name="ahead", daemon=True)
    thread.start()
    try:
        while (item := box.get()) is not END:
            if isinstance(item, Failed):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


class Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class Sink(Generic[T]):
    """A thread that does ``work`` on every item, at most ``depth`` behind; the giver gets its error."""

    def __init__(self, work: Callable[[T], None], depth: int) -> None:
        self._box: queue.Queue[object] = queue.Queue(depth)
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._box.get()) is not END:
            if self._error is None:
                try:
                    self._work(item)  # type: ignore[arg-type]
                except BaseException as error:
                    self._error = error

    def give(self, item: T) -> None:
        self._box.put(item)
        self._check()

    def finish(self) -> None:
        """Wait until everything given is done."""
        self._box.put(END)
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
