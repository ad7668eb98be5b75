"""Work in the recorder's loop whose failure is told and never ends the recording."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from appliance.control.refusals import start_failed
from appliance.core.problems import Problem
from appliance.core.types import Issue

Found = TypeVar("Found")
log = logging.getLogger(__name__)


@contextmanager
def going_on(what: str) -> Iterator[None]:
    """Whatever happens inside is logged; the box goes on after it."""
    try:
        yield
    except Exception:
        log.exception("%s failed; the box goes on", what)


async def attempt(work: Callable[[], Found], tell: Callable[[Issue], None]) -> Found | None:
    """Do it in a thread; None, and its trouble told, when it failed."""
    try:
        return await asyncio.to_thread(work)
    except Problem as problem:
        tell(problem.issue)
    except Exception as error:
        log.exception("getting ready failed; the box goes on")
        tell(start_failed(error))
    return None


class Errands:
    """Tasks of a loop that are kept until they end, and whose failures are told."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """From now on threads may call into the loop that runs here."""
        self._loop = asyncio.get_running_loop()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """From any thread: run a function in the loop."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *arguments)

    def post(self, what: str, work: Callable[..., Coroutine[Any, Any, None]], *arguments: object) -> None:
        """From any thread: run a coroutine function in the loop."""
        self.call(lambda: self.begin(what, work(*arguments)))

    def begin(self, what: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._do(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _do(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        with going_on(what):
            await work

    async def end(self) -> None:
        """Cut off what still runs; a thread that it waits for goes on until it is done."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
