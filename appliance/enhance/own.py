"""The user's own models: copies of their files in one folder, and a list of what is known of each."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from appliance.core.paths import check_writable
from appliance.core.problems import Problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Task = Literal["sr", "denoise", "deblur", "interpolate"]
TASKS: tuple[Task, ...] = get_args(Task)
LIST = "own.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HEAD = "# The user's own models. Written by `twinreel models add` and `remove`; do not edit.\n"
READABLE = 0o644  # the worker is another user
ENTERABLE = 0o755


@dataclass(frozen=True)
class OwnModel:
    """What was said and found out when it was added."""

    name: str
    file: str  # in the folder of own models
    sha256: str
    task: Task
    scale: int  # of the pictures; for "interpolate" always 1
    licence: str
    source: str  # the file's name as it was given
    source_sha256: str
    layout: str  # how it is asked, see foreign_net.LAYOUTS
    channels: int  # 3: RGB, 1: light alone
    numbers: str  # "float32" or "float16"
    levels: str  # "0..1", "0..255" or "-1..1"
    rows: int  # of a fixed input; 0: any
    columns: int
    align: int  # rows and columns have to be multiples of it
    overlap: int  # how far the net looks, in pixels of its input; -1: over the whole picture
    seam_levels: float  # how far an answer in tiles was from one in a whole, of 255
    most_px: int  # that it is asked at once, so that the bound on memory holds
    memory_mb: int
    seconds: float  # for a picture of 720 x 576, on the machine where it was added
    quantised: bool = False
    quantised_psnr: float = 0.0  # of the answers against those of the file that was given

    @property
    def fixed(self) -> bool:
        return self.rows > 0

    @property
    def tileable(self) -> bool:
        return self.overlap >= 0


def own_models(folder: Path) -> tuple[OwnModel, ...]:
    """Every model in this folder's list, by name; raises Problem "own-model-list" for a broken one."""
    path = folder / LIST
    if not path.is_file():
        return ()
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("model", [])
        return tuple(sorted((as_model(row) for row in rows), key=lambda model: model.name))
    except (
        OSError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise Problem(
            "own-model-list",
            "The list of your own models cannot be read",
            f"{path}: {error}.",
            f"Correct it, or remove {path} and add the models again.",
        ) from error


def as_model(row: dict[str, Any]) -> OwnModel:
    """Keys of a later version are left out."""
    known = {field.name for field in fields(OwnModel)}
    return OwnModel(**{key: value for key, value in row.items() if key in known})


def own_model(name: str, folder: Path) -> OwnModel | None:
    """The model of that name, or None where there is none."""
    return next((model for model in own_models(folder) if model.name == name), None)


def needed_model(name: str, folder: Path) -> OwnModel:
    found = own_model(name, folder)
    if found is None:
        there = ", ".join(model.name for model in own_models(folder)) or "none yet"
        raise refused_name(
            f"There is no own model {name!r}", f"Your own models: {there}.", "Use one of these."
        )
    return found


def checked_file(model: OwnModel, folder: Path) -> Path:
    """The model's file; raises Problem ("own-model-damaged") if it is missing or was changed."""
    path = folder / model.file
    if not path.is_file():
        raise damaged(model, f"{path} is missing.")
    if sha256_of(path) != model.sha256:
        raise damaged(model, f"{path} is not the file that was added: its contents have changed.")
    return path


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_name(name: str, folder: Path, taken: frozenset[str] = frozenset()) -> None:
    """``taken``: the names of the models that are shipped."""
    if not NAME.fullmatch(name):
        cause = "A name has small letters, digits and hyphens, and 40 of them at the most."
        raise refused_name(f"A model cannot be called {name!r}", cause, "Give another one with --name.")
    if name in taken or own_model(name, folder) is not None:
        cause = "Another model has this name." if name not in taken else "A model of Twinreel has this name."
        raise refused_name(
            f"There is a model {name!r} already", cause, "Give another name with --name, or remove the other."
        )


def name_from(path: Path) -> str:
    """From the file's name, as far as that can be one."""
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40].strip("-")


def keep(model: OwnModel, made: Path, folder: Path) -> None:
    """Copy the file into the folder and write it into the list, in place of one of this name."""
    check_writable(folder)
    folder.chmod(ENTERABLE)
    with alone(folder):
        part = folder / f"{model.file}.part"
        shutil.copyfile(made, part)
        part.chmod(READABLE)
        part.replace(folder / model.file)
        others = [other for other in own_models(folder) if other.name != model.name]
        write(folder, [*others, model])


def forget(name: str, folder: Path) -> OwnModel:
    with alone(folder):
        model = needed_model(name, folder)
        write(folder, [other for other in own_models(folder) if other.name != name])
        (folder / model.file).unlink(missing_ok=True)
    return model


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two commands at once change the list one after the other."""
    if not folder.is_dir():
        yield
        return
    with (folder / f".{LIST}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(folder: Path, models: list[OwnModel]) -> None:
    part = folder / f"{LIST}.part"
    part.write_text(HEAD + "".join(as_toml(model) for model in models), encoding="utf-8")
    part.chmod(READABLE)
    part.replace(folder / LIST)


def as_toml(model: OwnModel) -> str:
    lines = (f"{key} = {toml(value)}" for key, value in asdict(model).items())
    return "\n".join(["\n[[model]]", *lines, ""])


def toml(value: str | float) -> str:
    """TOML writes text as JSON does, but for one character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def refused_name(title: str, cause: str, remedy: str) -> Problem:
    return Problem("own-model-name", title, cause, remedy)


def damaged(model: OwnModel, cause: str) -> Problem:
    return Problem(
        "own-model-damaged",
        f"Your own model {model.name} cannot be used",
        cause,
        f"Remove it (twinreel models remove {model.name}) and add it again.",
    )
