"""A device as a process of its own: plugged in from its start to its end. Its input takes commands:

``scene NAME`` (picture, blue, noise, black, frozen, stalled), ``sound on``, ``sound off``, ``unplug``.
Its output, and its log, hold a JSON object a line: what it did, with the time on CLOCK_MONOTONIC.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from hw.bench.usb.device import Device
from hw.bench.usb.model import MODELS
from hw.bench.usb.pictures import SCENES

ALOUD = ("plugged", "streaming", "stopped", "sounding", "silent", "ready")  # frames go to the log alone


def go_first() -> None:
    """A device keeps its own time, however busy this machine is; it needs little of it."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))


def main() -> None:
    go_first()
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--model", choices=sorted(MODELS), required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--start", type=float, default=time.monotonic(), help="when the scene began")
    chosen = parser.parse_args()
    with chosen.log.open("a", buffering=1) as log:

        def tell(event: str, **facts: object) -> None:
            line = json.dumps({"at_s": round(time.monotonic(), 4), "event": event, **facts})
            print(line, file=log)
            if event in ALOUD:
                print(line, flush=True)

        device = Device(chosen.socket, MODELS[chosen.model], chosen.start, tell)

        def obey(line: str) -> bool:
            word, _, rest = line.strip().partition(" ")
            if word == "scene" and rest in SCENES:
                device.video.show(rest)
            elif word == "sound":
                device.sound.silent = rest == "off"
            elif word != "nothing":
                return False
            tell("ready", command=line.strip())
            return True

        device.run(sys.stdin, obey)


main()
