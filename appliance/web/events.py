"""The box's news for the page, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from pydantic import TypeAdapter

from appliance.core.snapshot import Snapshot, TakeSummary
from appliance.web.client import RecorderClient

SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
TAKES: TypeAdapter[tuple[TakeSummary, ...]] = TypeAdapter(tuple[TakeSummary, ...])
HEARTBEAT_S = 5.0
SHORTEST_GAP_S = 0.1  # level meters look alive with ten pictures a second; phones need no more


def event(name: str, json: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + json + b"\n\n"


async def news(client: RecorderClient) -> AsyncIterator[bytes]:
    """``takes`` whenever the list changed, ``snapshot`` (without the takes) whenever anything did.

    The list may be long and changes rarely, the levels change all the time. ``heartbeat`` tells the page
    that the line still stands.
    """
    seen, listed = -1, None
    yield b"retry: 1000\n\n"
    while not client.stopped:
        revision = await client.changed(seen, HEARTBEAT_S)
        if revision == seen:
            yield event("heartbeat", b"{}")
            continue
        seen, snapshot = revision, client.snapshot
        if listed != snapshot.takes:
            listed = snapshot.takes
            yield event("takes", TAKES.dump_json(listed))
        yield event("snapshot", SNAPSHOT.dump_json(replace(snapshot, takes=())))
        await asyncio.sleep(SHORTEST_GAP_S)
