"""The bench's hand in the guest and its end on the host: bytes come through as they are."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw.bench import channel
from hw.bench.channel import Channel, ChannelClosed

AGENT = Path(channel.__file__).parent / "inside/agent.py"
ALL_BYTES = bytes(range(256)) * 1000


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[tuple[Channel, socket.socket]]:
    """The channel, and the guest's end of its socket."""
    spec = importlib.util.spec_from_file_location("agent", AGENT)
    assert spec is not None
    assert spec.loader is not None
    agent = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(agent)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "port"))
    listening.listen()
    joined = Channel(tmp_path / "port")
    port = listening.accept()[0]

    def serve() -> None:
        hand = agent.Agent(port.fileno())
        hand.send({"id": 0, "is": "up"})
        for header, data in agent.messages(port.fileno()):
            hand.take(header, data)

    threading.Thread(target=serve, daemon=True).start()
    yield joined, port
    joined.close()
    listening.close()


def test_a_command_gets_its_input_and_gives_its_output_byte_by_byte(
    joined: tuple[Channel, socket.socket],
) -> None:
    hand = joined[0]
    hand.wait_until_up(5.0)
    ran = hand.run("cat; exit 7", ALL_BYTES)
    assert (ran.code, ran.data) == (7, ALL_BYTES)


def test_a_command_that_takes_too_long_is_ended(joined: tuple[Channel, socket.socket]) -> None:
    ran = joined[0].run("echo begun; sleep 60", timeout_s=0.1)
    assert (ran.code, ran.text) == (124, "begun\n")


def test_commands_do_not_wait_for_each_other(joined: tuple[Channel, socket.socket]) -> None:
    hand = joined[0]
    slow = hand.ask({"do": "run", "command": "read line; echo slow", "timeout_s": 10})
    assert hand.run("echo quick").text == "quick\n"
    message = hand.receive(slow, 5.0)
    assert message is not None
    assert message[1] == b"slow\n"


def test_a_socket_in_the_guest_is_carried_both_ways(
    joined: tuple[Channel, socket.socket], tmp_path: Path
) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "service"))
    server.listen()
    hand = joined[0]
    number = hand.ask({"do": "connect", "path": str(tmp_path / "service")})
    opened = hand.receive(number, 5.0)
    assert opened is not None
    assert opened[0]["is"] == "open"
    service = server.accept()[0]
    hand.send({"id": number, "do": "data"}, b"question\n")
    assert service.recv(100) == b"question\n"
    service.sendall(b"answer\x00\n")
    answered = hand.receive(number, 5.0)
    assert answered is not None
    assert answered[1] == b"answer\x00\n"
    service.close()
    closed = hand.receive(number, 5.0)
    assert closed is not None
    assert closed[0]["is"] == "closed"


def test_a_socket_that_is_not_there_is_closed_with_a_reason(
    joined: tuple[Channel, socket.socket], tmp_path: Path
) -> None:
    number = joined[0].ask({"do": "connect", "path": str(tmp_path / "none")})
    message = joined[0].receive(number, 5.0)
    assert message is not None
    assert message[0]["is"] == "closed"
    assert "No such file" in message[0]["why"]


def test_a_guest_that_dies_is_noticed_at_once(joined: tuple[Channel, socket.socket]) -> None:
    hand, port = joined
    number = hand.ask({"do": "run", "command": "sleep 20", "timeout_s": 20})
    port.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ChannelClosed):
        hand.receive(number, 5.0)
