"""The guest's second layer: the product, installed as in the image, booted once and saved while it waits."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hw.bench.base import HERE, SOURCE, base_layer, digest, made_once, run
from hw.bench.channel import Channel
from hw.bench.machine import Kernel, Machine, Saved, accelerator, overlay
from hw.bench.qmp import Qmp

ROOT_MB, SPOOL_MB = 4000, 8000
BOOT_S = 300.0
INPUTS = (
    "appliance",
    "models/manifest.toml",
    "systemd",
    "image",
    "pyproject.toml",
    "hw/bench/inside",
    "hw/boards",
)
MACHINE = ("product.py", "machine.py", "site.toml")
WAITS = "systemctl is-active --quiet twinreel-recorder twinreel-worker twinreel-web"


@dataclass(frozen=True)
class Image:
    """All files are read-only: a guest writes to overlays."""

    kernel: Kernel
    kind: str  # kvm or tcg
    root: Path
    spool: Path
    saved: Saved  # the machine that waits for its first device


def product_layer() -> Image:
    """The image of this working tree's product; made now if the cache has none like it."""
    base = base_layer()
    kernel = Kernel(base / "vmlinuz", base / "initrd")
    kind = accelerator(kernel)
    inputs = [SOURCE / name for name in INPUTS if (SOURCE / name).exists()]
    key = digest((*inputs, *(HERE / name for name in MACHINE), f"{base.name} {kind}".encode()))
    with made_once(f"product-{key}") as (folder, part):
        if part is not None:
            print("bench: installing the product into the guest and booting it once ...", flush=True)
            make_root(base / "rootfs", part)
            make_spool(part)
            warm_up(part, kernel, kind)
    return Image(kernel, kind, folder / "root.qcow2", folder / "spool.qcow2", saved_in(folder))


def saved_in(folder: Path) -> Saved:
    return Saved(folder / "memory", folder / "state")


def make_root(base: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as work:
        root, wheels = Path(work) / "root", Path(work) / "wheels"
        run("cp", "-a", "--reflink=auto", base, root)
        make_wheel(wheels, Path(work))
        run(SOURCE / "image/install.sh", root, wheels)
        put_bench(root)
        image = folder / "root.img"
        with image.open("wb") as file:
            file.truncate(ROOT_MB * 1_000_000)
        run("mke2fs", "-q", "-t", "ext4", "-L", "twinreel-root", "-d", root, image)


def make_wheel(wheels: Path, work: Path) -> None:
    """From a copy, because a build folder that lies about keeps modules that are gone."""
    copy = work / "source"
    copy.mkdir()
    shutil.copytree(SOURCE / "appliance", copy / "appliance", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(SOURCE / name, copy)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={wheels}", copy)


def put_bench(root: Path) -> None:
    """What a bench adds to a box: its agent, its lights and button, its patience, its configuration."""
    tools, units = root / "usr/local/lib/bench", root / "etc/systemd/system"
    tools.mkdir(parents=True)
    for file in sorted((HERE / "inside").glob("*.*")):
        shutil.copy(file, units if file.suffix == ".service" else tools)
    run("chroot", root, "systemctl", "enable", "--quiet", "bench-agent.service", "bench-panel.service")
    for service in ("recorder", "worker", "web"):
        folder = units / f"twinreel-{service}.service.d"
        folder.mkdir()
        shutil.copy(HERE / "inside/slow.conf", folder)
    shutil.copy(HERE / "site.toml", root / "etc/twinreel/site.toml")
    run("chroot", root, "/opt/twinreel/bin/python", "-m", "compileall", "-q", "/opt/twinreel/lib")


def make_spool(folder: Path) -> None:
    image = folder / "spool.img"
    with image.open("wb") as file:
        file.truncate(SPOOL_MB * 1_000_000)
    run("mke2fs", "-q", "-t", "ext4", "-L", "twinreel-spool", image)


def warm_up(folder: Path, kernel: Kernel, kind: str) -> None:
    """Boot, wait until the three services run, and keep the machine as it is then."""
    disks = [overlay(folder / f"{name}.img", folder / f"{name}.qcow2", "raw") for name in ("root", "spool")]
    for name, disk in zip(
        ("root", "spool"), disks, strict=True
    ):  # by a name that survives the folder's renaming
        subprocess.run(["qemu-img", "rebase", "-u", "-b", f"{name}.img", "-F", "raw", str(disk)], check=True)
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as work:
        machine = Machine(Path(work), kernel, disks, kind, saved_in(folder), saving=True)
        try:
            control = Qmp(Path(work) / "qmp")
            channel = Channel(Path(work) / "agent")
            channel.wait_until_up(BOOT_S)
            wait_for_services(channel)
            save(control, folder / "state")
        except BaseException:
            shutil.copytree(work, folder.parent / "failed-boot", dirs_exist_ok=True, ignore=ignore_sockets)
            raise
        finally:
            machine.close()


def ignore_sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not Path(folder, name).is_file()]


def wait_for_services(channel: Channel) -> None:
    until_s = time.monotonic() + BOOT_S
    while channel.run(f"{WAITS} && systemctl is-active --quiet multi-user.target").code:
        if time.monotonic() > until_s:
            raise RuntimeError(channel.run("systemctl --failed; journalctl -b -n 80 --no-pager").text)
        time.sleep(1.0)
    channel.run("sync; sleep 3; systemctl is-system-running", timeout_s=30)


def ignore_memory(control: Qmp) -> None:
    """What is in the file of the memory need not be in the saved state."""
    control.command(
        "migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}]
    )


def save(control: Qmp, state: Path) -> None:
    ignore_memory(control)
    control.command("stop")
    control.command("migrate", uri=f"exec:cat > {state}")
    until_s = time.monotonic() + 120.0
    while (status := control.command("query-migrate")["status"]) != "completed":
        if status == "failed" or time.monotonic() > until_s:
            raise RuntimeError(f"the machine's state could not be saved: {control.command('query-migrate')}")
        time.sleep(0.1)
    control.command("quit")
