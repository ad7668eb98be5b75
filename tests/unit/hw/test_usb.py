"""The emulated device's descriptors are well formed, and its protocol reads back what it writes."""

from __future__ import annotations

import struct

import pytest

from hw.bench.usb import descriptors, redir
from hw.bench.usb.device import SET_CURRENT, Negotiation
from hw.bench.usb.model import CAMERA, DONGLE, MODELS, Model


def pieces(data: bytes) -> list[bytes]:
    found = []
    while data:
        assert data[0] >= 2
        assert data[0] <= len(data)
        found.append(data[: data[0]])
        data = data[data[0] :]
    return found


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_configuration_is_made_of_whole_descriptors(model: Model) -> None:
    data = descriptors.configuration(model)
    listed = pieces(data)
    assert struct.unpack_from("<H", data, 2)[0] == len(data)
    assert {one[2] for one in listed if one[1] == 4} == set(range(4))
    assert data[4] == 4


def test_the_video_headers_count_what_follows_them() -> None:
    listed = pieces(descriptors.video(DONGLE))
    control = next(place for place, one in enumerate(listed) if one[1:3] == b"\x24\x01")
    total = struct.unpack_from("<H", listed[control], 5)[0]
    assert total == sum(len(one) for one in listed[control : control + 3])
    stream = next(place for place, one in enumerate(listed) if one[1:3] == b"\x24\x01" and place > control)
    assert struct.unpack_from("<H", listed[stream], 4)[0] == sum(len(one) for one in listed[stream:-1])


def test_ids_and_names_are_those_of_the_model() -> None:
    device = descriptors.device(DONGLE)
    assert struct.unpack_from("<HH", device, 8) == (0x534D, 0x0021)
    serial = descriptors.string(DONGLE, 3)
    assert serial is not None
    assert serial[2:].decode("utf-16-le") == "20150130"
    assert descriptors.device(CAMERA)[14] == 0, "no maker, no string"
    assert descriptors.string(DONGLE, 9) is None


def test_packets_are_read_from_any_pieces_of_a_stream() -> None:
    stream = redir.hello() + redir.pack(redir.Kind.RESET, 0, b"") + redir.iso(1 << 40, 0x82, b"sound")
    reader, found = redir.Reader(), []
    for place in range(0, len(stream), 7):
        found += reader.feed(stream[place : place + 7])
    assert [packet.kind for packet in found] == [redir.Kind.HELLO, redir.Kind.RESET, redir.Kind.ISO]
    assert found[2].id == 1 << 40
    assert found[2].data[4:] == b"sound"


def test_an_answer_is_cut_to_what_was_asked_and_a_refusal_says_so() -> None:
    asked = redir.Control.parse(struct.pack("<BBBBHHH", 0x80, 6, 0x80, 0, 0x0100, 0, 8))
    answer = asked.answer(descriptors.device(DONGLE))
    assert answer[10:] == descriptors.device(DONGLE)[:8]
    assert asked.answer(None)[3] == redir.STALLED


def test_a_host_gets_the_size_that_it_commits_to() -> None:
    negotiation = Negotiation(DONGLE)
    wish = struct.pack("<HBBI", 1, 1, 2, 333_667).ljust(26, b"\0")
    negotiation.answer(redir.Control(0, SET_CURRENT, 0x21, 0x0200, 1, 26, wish))
    form, size = negotiation.chosen()
    assert (form, size.width, size.height) == ("mjpeg", 720, 480)


def test_a_wish_for_what_there_is_not_becomes_what_there_is() -> None:
    negotiation = Negotiation(MODELS["dongle-small"])
    wish = struct.pack("<HBBI", 1, 9, 9, 0).ljust(26, b"\0")
    negotiation.answer(redir.Control(0, SET_CURRENT, 0x21, 0x0100, 1, 26, wish))
    assert negotiation.chosen()[1].width == 360
