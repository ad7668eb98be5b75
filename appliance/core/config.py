"""The configuration: defaults < site < device, in TOML; an unknown key is refused by its name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.core.paths import Paths
from appliance.core.problems import Problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


Tier = Literal["auto", "live", "standard", "studio"]
Look = Literal["tape", "restored", "twin"] | Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaptureConfig(Section):
    min_minutes: float = Field(5.0, ge=0, description="Refuse to record when less than this would fit.")
    end_of_tape_s: float = Field(8.0, gt=0, description="No signal, blue or noise for so long ends the take.")
    on_signal_loss: Literal["stop", "go on"] = Field(
        "stop",
        description="stop ends the take after end_of_tape_s; go on records until somebody presses stop.",
    )
    resume_window_s: float = Field(120.0, ge=0, description="A device back within this continues the take.")
    ring_s: float = Field(10.0, gt=0, description="Frames held in memory while the disk is slow.")
    ring_mb: int = Field(256, ge=16, description="And the most memory that they may take, in megabytes.")
    threads: int = Field(2, ge=1, le=8, description="Processor threads that compress the tape's master.")
    slices: Literal[4, 9, 12, 16, 24, 30] = Field(
        16, description="Parts of a tape frame that are compressed apart."
    )


class DevicesConfig(Section):
    tape: str = Field("", description="The tape's device, by port (1-2) or USB id (534d:0021); empty: found.")
    camera: str = Field("", description="The camera's device, by port or USB id; empty: found.")
    input: str = Field("", description="Of the tape's device, such as S-Video, where it cannot tell.")
    standard: Literal["auto", "pal", "ntsc", "secam"] = Field(
        "auto", description="Of the tape, where the capture device cannot tell; auto is then PAL."
    )


class WorkConfig(Section):
    chunk_s: float = Field(10.0, gt=0, description="The film is made and resumed in pieces of this length.")
    nice: int = Field(15, ge=0, le=19, description="How far the making of films stands back; 19 is farthest.")


class EnhanceConfig(Section):
    recipe: str = Field(
        "auto",
        description="What the box makes of its takes, by name: `twinreel recipes` lists them. auto is twin"
        " where there is a camera, else tape.",
    )
    tier: Tier = Field(
        "auto",
        description="Which model restores the tape: live is the fastest, studio the best, its"
        " film twice as wide and high as the tape. auto is standard,"
        " and live for the box's own takes where only the CPU can be had.",
    )
    provider: Literal["auto", "tensorrt", "cuda", "cpu"] = Field(
        "auto", description="The processor that the model runs on; auto takes the fastest that works."
    )
    threads: int = Field(0, ge=0, description="0: as many as there are cores.")
    guide_strength: float = Field(1.0, ge=0, le=1, description="0 leaves the camera out of the film.")
    look: Look = Field(
        "restored",
        description="tape keeps the tape's own grain and removes its faults only; restored is the faithful"
        " film; twin shows all of the camera's detail in the tape's colours. A number from 0 (tape) over 0.5"
        " (restored) to 1 (twin) lies between them.",
    )


class EncodeConfig(Section):
    crf: int = Field(19, ge=0, le=40, description="The films' quality: less is better and larger.")
    preset: str = Field(
        "superfast", description="x264's preset; veryfast makes smaller films in twice the time."
    )
    audio_kbit_s: int = Field(192, ge=64, le=512, description="The films' sound.")


class DeliverConfig(Section):
    chunk_mb: int = Field(
        8,
        ge=1,
        description="Megabytes after which the stick must have them, so that a slow one never stalls us.",
    )
    spare_mb: int = Field(16, ge=0, description="Megabytes that are left free on the stick.")
    part_mb: int = Field(
        4294, ge=1, le=4294, description="On FAT32 sticks larger files come in parts of so many megabytes."
    )


class WebConfig(Section):
    host: str = Field("127.0.0.1", description="0.0.0.0 opens the page to the network; then set a pin.")
    port: int = Field(8020, ge=0, le=65535, description="0: any free one.")
    pin: str = Field("", description="Needed for every command when the page is not on 127.0.0.1.")


class PanelConfig(Section):
    backend: Literal["none", "mock", "gpio"] = Field("none", description="gpio where lights and button are.")
    board: str = Field(
        "orin-nano", description="orin-nano, raspberry-pi, bench, or the path of a board's file."
    )
    hold_s: float = Field(2.0, gt=0, description="The button held for so long releases the stick.")
    power_off_s: float = Field(8.0, ge=0, description="Held for so long it switches the box off; 0: never.")


class SimConfig(Section):
    enabled: bool = Field(False, description="Record from simulated devices.")
    standard: Literal["pal", "ntsc"] = Field("pal", description="Of the simulated tape.")
    size: Literal["full", "quarter"] = Field("full", description="Quarter pictures are for a quick look.")
    seconds: float = Field(20.0, gt=0, description="How long the simulated tape plays.")
    speed: float = Field(1.0, gt=0, description="Above 1 the simulated world runs faster and never drops.")
    seed: int = Field(1, description="Another number is another scene and another tape.")
    wear: Literal["clean", "good", "worn"] = Field("good", description="What the tape has been through.")
    ending: Literal["blue", "noise", "none"] = Field("blue", description="What the VCR shows after the tape.")
    camera: Literal["same", "other", "none"] = Field("same", description="Which scene the camera films.")
    camera_offset_s: float = Field(2.6, description="How much of the scene the camera missed at its start.")
    camera_ppm: float = Field(80.0, description="How much the camera's clock goes wrong, in millionths.")
    stick_mb: int = Field(2000, ge=0, description="0: no stick is plugged in.")
    stick_read_only: bool = Field(False, description="The stick's write protection is on.")
    autoplay: bool = Field(True, description="Somebody presses play on the VCR when the box records.")
    faults: tuple[str, ...] = Field((), description="Such as 'unplug-tape@5' (seconds into the recording).")


class Config(Section):
    name: str = Field("Twinreel", description="What the page calls this box.")
    capture: CaptureConfig = CaptureConfig()
    devices: DevicesConfig = DevicesConfig()
    work: WorkConfig = WorkConfig()
    enhance: EnhanceConfig = EnhanceConfig()
    encode: EncodeConfig = EncodeConfig()
    deliver: DeliverConfig = DeliverConfig()
    web: WebConfig = WebConfig()
    panel: PanelConfig = PanelConfig()
    sim: SimConfig = SimConfig()


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; any other value of ``over`` wins."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def read_table(path: Path) -> dict[str, Any]:
    """The TOML file's content, or nothing where there is no file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(
            "config-broken",
            f"The configuration {path} cannot be read",
            f"It is not valid TOML: {error}.",
            "Correct that line, or remove the file to go back to the defaults.",
        ) from error


def validate(table: dict[str, Any], origin: str) -> Config:
    try:
        return Config.model_validate(table)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {explain(e)}" for e in error.errors())
        raise Problem(
            "config-wrong",
            f"The configuration {origin} has a mistake",
            f"{faults}.",
            "Correct or remove it; `twinreel doctor --config` lists every key with its default.",
        ) from error


def explain(error: Any) -> str:
    return "there is no such key" if error["type"] == "extra_forbidden" else str(error["msg"])


def load_config(paths: Paths) -> Config:
    """Defaults < site < device; raises Problem naming the file and the key."""
    table: dict[str, Any] = {}
    for path in (paths.site_config, paths.device_config):
        layer = read_table(path)
        validate(layer, str(path))  # so that a mistake is reported with its own file
        table = merge(table, layer)
    return validate(table, "of this box")
