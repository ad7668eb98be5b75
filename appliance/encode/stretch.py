"""Sound for a film that plays slower: longer, at the same pitch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from appliance.encode.sound import SOUND_RATE_HZ, sound_frame

Block = NDArray[np.float32]
EARLY_S = 0.022  # FFmpeg's pieces begin so much too early, for each time that the sound is longer
REST_S = 0.1  # FFmpeg keeps the last moment back, so that a little silence follows it


def stretched(blocks: Iterable[Block], times: int) -> Iterator[Block]:
    """Stereo blocks at SOUND_RATE_HZ, ``times`` (a power of two) as long, in step with the given ones.

    A moment of silence follows.
    """
    if times == 1:
        yield from blocks
        return
    graph = slowing(times)
    given = 0
    yield np.zeros((round((times - 1) * EARLY_S * SOUND_RATE_HZ), 2), np.float32)
    for block in chain(blocks, [np.zeros((round(REST_S * SOUND_RATE_HZ), 2), np.float32)]):
        frame = sound_frame(block, given, "fltp")
        given += len(block)
        graph.push(frame)
        yield from ready(graph)
    graph.push(None)
    yield from ready(graph)


def slowing(times: int) -> Graph:
    graph = Graph()
    parts = [graph.add_abuffer(format="fltp", sample_rate=SOUND_RATE_HZ, layout="stereo")]
    while times > 1:  # FFmpeg halves the speed at most
        parts.append(graph.add("atempo", "0.5"))
        times //= 2
    parts += [graph.add("aformat", "sample_fmts=fltp"), graph.add("abuffersink")]
    graph.link_nodes(*parts)
    graph.configure()
    return graph


def ready(graph: Graph) -> Iterator[Block]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield np.ascontiguousarray(frame.to_ndarray().T, dtype=np.float32)
