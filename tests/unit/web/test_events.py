"""The stream of news: the takes when they change, the rest whenever anything does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from appliance.core.paths import Paths
from appliance.core.snapshot import BoxState
from appliance.web import events
from appliance.web.client import RecorderClient


class News:
    """Reads the stream as a browser does."""

    def __init__(self, client: RecorderClient) -> None:
        self.stream = events.news(client)

    async def next(self) -> tuple[str, object]:
        chunk = await asyncio.wait_for(anext(self.stream), 5)
        name, data = chunk.decode().rstrip("\n").split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def until(self, wanted: str) -> object:
        while True:
            name, data = await self.next()
            if name == wanted:
                return data


def play(paths: Paths, scene) -> None:
    async def run() -> None:
        client = RecorderClient(paths.socket)
        talking = asyncio.create_task(client.run())
        seen = -1
        while not client.connected:
            seen = await client.changed(seen, 5)
        news = News(client)
        assert await anext(news.stream) == b"retry: 1000\n\n"
        await scene(client, news)
        client.stop()
        await asyncio.wait_for(talking, 5)

    asyncio.run(run())


def test_the_takes_come_first_and_only_again_when_they_changed(paths, recorder, ready) -> None:
    recorder.snapshot = ready

    async def scene(client: RecorderClient, news: News) -> None:
        name, takes = await news.next()
        assert (name, takes[0]["id"]) == ("takes", "take-1")
        name, snapshot = await news.next()
        assert (name, snapshot["state"], snapshot["takes"]) == ("snapshot", "ready", [])
        recorder.show(replace(ready, state=BoxState.WORKING))
        name, snapshot = await news.next()
        assert (name, snapshot["state"]) == ("snapshot", "working")
        recorder.show(replace(ready, takes=()))
        assert await news.next() == ("takes", [])

    play(paths, scene)


def test_a_heartbeat_says_that_the_line_stands(paths, recorder, monkeypatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.02)

    async def scene(client: RecorderClient, news: News) -> None:
        assert await news.until("heartbeat") == {}

    play(paths, scene)


def test_the_stream_ends_when_the_page_stops(paths, recorder) -> None:
    async def scene(client: RecorderClient, news: News) -> None:
        await news.until("snapshot")
        client.stop()
        rest = [chunk async for chunk in news.stream]
        assert len(rest) <= 2

    play(paths, scene)
