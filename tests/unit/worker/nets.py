"""Nets for recipes, small enough to be seen through, in a folder of models of their own."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from appliance.enhance.frames import channels
from appliance.enhance.manifest import models_folder
from appliance.enhance.pack import RESIDUAL_CHANNELS

NETS = {"denoise": (1, 5), "deblur": (1, 3), "sr4": (4, 3), "compact": (2, 3), "interpolate": (1, 1)}


def add_nets(folder: Path, **nets: tuple[int, int]) -> Path:
    """A copy of the shipped models of the tier live, and nets of these scales and windows beside them."""
    for path in models_folder().glob("live.onnx"):
        shutil.copy(path, folder)
    rows = (models_folder() / "manifest.toml").read_text().split("[[model]]")
    manifest = "[[model]]".join(row for row in rows if 'tier = "live"' in row or "#" in row[:5])
    for name, (scale, window) in (nets or NETS).items():
        data = faint_net(channels(scale, window)).SerializeToString()
        (folder / f"{name}.onnx").write_bytes(data)
        manifest += "\n".join(
            [
                "\n[[model]]",
                f'name = "test-{name}"\ntier = "{name}"\nfile = "{name}.onnx"',
                f'sha256 = "{hashlib.sha256(data).hexdigest()}"\nwindow = {window}\nscale = {scale}\n',
            ]
        )
    (folder / "manifest.toml").write_text(manifest)
    return folder


def faint_net(asked: int) -> onnx.ModelProto:
    """Answers a 32nd of what it is shown: grey stays grey, and a picture becomes a little stronger."""
    picked = [number % asked for number in range(RESIDUAL_CHANNELS)]
    constants = [helper.make_tensor("picked", TensorProto.INT64, [RESIDUAL_CHANNELS], picked)]
    constants += [
        helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        for name, value in (("middle", 128.0), ("part", 32.0))
    ]
    nodes = [
        helper.make_node("Cast", ["fields"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["floats", "picked"], ["some"], axis=1),
        helper.make_node("Sub", ["some", "middle"], ["around"]),
        helper.make_node("Div", ["around", "part"], ["faint"]),
        helper.make_node("Add", ["faint", "middle"], ["levels"]),
        helper.make_node("Round", ["levels"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["residual"], to=TensorProto.UINT8),
    ]
    inputs, outputs = (
        helper.make_tensor_value_info(name, TensorProto.UINT8, ["batch", count, "rows", "columns"])
        for name, count in (("fields", asked), ("residual", RESIDUAL_CHANNELS))
    )
    graph = helper.make_graph(nodes, "faint", [inputs], [outputs], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
