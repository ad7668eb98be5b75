"""The client against a recorder that comes, goes, stays silent and talks nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from appliance.core.paths import Paths
from appliance.core.snapshot import BoxState, Command, CommandName, DeviceStatus, Snapshot
from appliance.core.types import DeviceInfo, Issue, Role, Severity
from appliance.web.client import AWAY, AWAY_SENTENCE, UNANSWERED, RecorderClient

RECORD = Command(CommandName.RECORD)
Scene = Callable[[RecorderClient], Awaitable[None]]


def play(paths: Paths, scene: Scene, reply_timeout_s: float = 5.0) -> None:
    async def run() -> None:
        client = RecorderClient(paths.socket, reply_timeout_s, longest_pause_s=0.1)
        talking = asyncio.create_task(client.run())
        try:
            await asyncio.wait_for(scene(client), 10)
        finally:
            client.stop()
            await asyncio.wait_for(talking, 5)

    asyncio.run(run())


async def until(client: RecorderClient, true: Callable[[], bool]) -> None:
    seen = -1
    while not true():
        seen = await client.changed(seen, 10)


async def connected(client: RecorderClient) -> None:
    await until(client, lambda: client.connected)


def test_greets_as_web_and_shows_the_snapshot(paths, recorder) -> None:
    async def scene(client: RecorderClient) -> None:
        await connected(client)
        assert client.snapshot == recorder.snapshot
        recorder.show(Snapshot(BoxState.RECORDING, "Recording."))
        await until(client, lambda: client.snapshot.state is BoxState.RECORDING)

    play(paths, scene)
    hello = recorder.hellos.get(timeout=1)
    assert (hello.client, hello.preview) == ("web", False), "nobody looks yet"


def test_a_command_is_carried_out_or_refused_in_words(paths, recorder) -> None:
    issue = Issue("no-room", Severity.ERROR, "No room", "The box is full.", "Empty it.")
    recorder.answer = lambda command: issue if command.name is CommandName.EJECT else None

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        answers = await asyncio.gather(client.command(RECORD), client.command(Command(CommandName.EJECT)))
        assert answers == [None, issue]

    play(paths, scene)
    assert recorder.next_command() == RECORD


def test_without_a_recorder_it_says_so_and_refuses_commands(paths) -> None:
    async def scene(client: RecorderClient) -> None:
        assert (client.snapshot.state, client.snapshot.sentence) == (BoxState.STARTING, AWAY_SENTENCE)
        assert await client.command(RECORD) == AWAY

    play(paths, scene)


def test_a_recorder_that_went_away_is_found_again_and_the_takes_stay_known(paths, recorder, ready) -> None:
    recorder.snapshot = replace(ready, simulated=True)

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        recorder.go_away()
        await until(client, lambda: not client.connected)
        assert client.snapshot.sentence == AWAY_SENTENCE
        assert client.snapshot.takes == ready.takes
        assert client.snapshot.simulated
        recorder.start()
        await until(client, lambda: client.snapshot == recorder.snapshot)

    play(paths, scene)


def test_a_command_in_flight_ends_when_the_recorder_dies(paths, recorder) -> None:
    recorder.silent = True

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        command = asyncio.create_task(client.command(RECORD))
        await asyncio.to_thread(recorder.next_command)
        recorder.go_away()
        assert await command == AWAY

    play(paths, scene)


def test_a_command_without_an_answer_times_out(paths, recorder) -> None:
    recorder.silent = True

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        assert await client.command(RECORD) == UNANSWERED

    play(paths, scene, reply_timeout_s=0.05)


def test_nonsense_is_named_and_the_connection_made_anew(paths, recorder) -> None:
    async def scene(client: RecorderClient) -> None:
        await connected(client)
        recorder.send_raw(b'{"kind": "poem"}\n')
        await until(client, lambda: bool(client.snapshot.issues))
        assert client.snapshot.issues[0].code == "protocol"
        await connected(client)
        assert client.snapshot.issues == ()

    play(paths, scene)


def test_pictures_are_numbered_and_go_with_their_device(paths, recorder) -> None:
    tape = DeviceStatus(DeviceInfo("a", "Dongle", Role.TAPE))
    recorder.snapshot = replace(recorder.snapshot, devices=(tape,))
    recorder.pictures[Role.TAPE] = b"first"

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        assert client.picture(Role.TAPE) is None
        while client.picture(Role.TAPE) is None:
            await asyncio.sleep(0)
        recorder.show_picture(Role.TAPE, b"second")
        recorder.show(replace(recorder.snapshot, sentence="Later."))
        await until(client, lambda: client.snapshot.sentence == "Later.")
        preview = client.picture(Role.TAPE)
        assert (preview.jpeg, preview.number) == (b"second", 2)
        recorder.show(replace(recorder.snapshot, devices=()))
        await until(client, lambda: client.snapshot.devices == ())
        assert client.previews == {}

    play(paths, scene)


def test_pictures_are_asked_for_only_while_somebody_looks(paths, recorder, monkeypatch) -> None:
    monkeypatch.setattr("appliance.web.client.LOOKED_S", 0.0)

    async def scene(client: RecorderClient) -> None:
        await connected(client)
        client.picture(Role.TAPE)
        recorder.show(replace(recorder.snapshot, sentence="Later."))
        await until(client, lambda: client.snapshot.sentence == "Later.")

    play(paths, scene)
    asked = [recorder.hellos.get(timeout=5).preview for _ in range(3)]
    assert asked == [False, True, False]


def test_stop_wakes_those_who_wait(paths, recorder) -> None:
    async def scene(client: RecorderClient) -> None:
        await connected(client)
        seen = await client.changed(-1, 1)
        waiting = asyncio.create_task(client.changed(seen, 60))
        await asyncio.sleep(0)
        client.stop()
        assert await asyncio.wait_for(waiting, 1) != seen

    play(paths, scene)
