"""The protocol between recorder, worker and web: JSON lines over a Unix socket, typed at both ends."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from appliance.core.problems import Problem
from appliance.core.snapshot import Command, JobProgress, Snapshot
from appliance.core.types import Issue, Role

LINE_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Hello:
    """First line of every client. ``preview`` asks for live pictures as well; said again, it changes that."""

    client: Literal["web", "worker", "cli"]
    preview: bool = False
    kind: Literal["hello"] = "hello"


@dataclass(frozen=True)
class CommandRequest:
    id: int
    command: Command
    kind: Literal["command"] = "command"


@dataclass(frozen=True)
class JobReport:
    """From the worker: how far it is (None: nothing to do) and what troubles it."""

    progress: JobProgress | None
    issues: tuple[Issue, ...] = ()
    kind: Literal["job"] = "job"


@dataclass(frozen=True)
class SnapshotUpdate:
    snapshot: Snapshot
    kind: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True)
class CommandReply:
    """``issue`` is None when the command was carried out."""

    id: int
    issue: Issue | None = None
    kind: Literal["reply"] = "reply"


@dataclass(frozen=True)
class PreviewUpdate:
    """A JPEG of what a device sees now."""

    role: Role
    jpeg_base64: str
    kind: Literal["preview"] = "preview"

    @property
    def jpeg(self) -> bytes:
        return base64.b64decode(self.jpeg_base64)


@dataclass(frozen=True)
class JobsChanged:
    """To the worker: look into the journal; a job or a stick may be there."""

    kind: Literal["jobs"] = "jobs"


ToRecorder = Annotated[Hello | CommandRequest | JobReport, Field(discriminator="kind")]
FromRecorder = Annotated[
    SnapshotUpdate | CommandReply | PreviewUpdate | JobsChanged, Field(discriminator="kind")
]
TO_RECORDER: TypeAdapter[Hello | CommandRequest | JobReport] = TypeAdapter(ToRecorder)
FROM_RECORDER: TypeAdapter[SnapshotUpdate | CommandReply | PreviewUpdate | JobsChanged] = TypeAdapter(
    FromRecorder
)


def encode_to(message: Hello | CommandRequest | JobReport) -> bytes:
    return TO_RECORDER.dump_json(message) + b"\n"


def encode_from(message: SnapshotUpdate | CommandReply | PreviewUpdate | JobsChanged) -> bytes:
    return FROM_RECORDER.dump_json(message) + b"\n"


def decode_to(line: bytes) -> Hello | CommandRequest | JobReport:
    try:
        return TO_RECORDER.validate_json(line)
    except ValidationError as error:
        raise garbled("client", error) from error


def decode_from(line: bytes) -> SnapshotUpdate | CommandReply | PreviewUpdate | JobsChanged:
    try:
        return FROM_RECORDER.validate_json(line)
    except ValidationError as error:
        raise garbled("recorder", error) from error


def garbled(sender: str, error: ValidationError) -> Problem:
    return Problem(
        "protocol",
        "Two parts of the box do not understand each other",
        f"A message of the {sender} was not as agreed: {error.errors()[0]['msg']}.",
        "Restart the box; if it happens again, install the same version of every part.",
    )
