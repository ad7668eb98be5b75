"""The guest's second layer: the product, installed as in the image, booted once and saved while it waits."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.core.types import TakeState
from hw.bench.base import HERE, SOURCE, base_layer, digest, made_once, run
from hw.bench.channel import Channel
from hw.bench.follower import Follower, Ledger
from hw.bench.machine import Kernel, Machine, Saved, accelerator, overlay
from hw.bench.prefab import finished_take
from hw.bench.qmp import Qmp

ROOT_MB, SPOOL_MB = 4000, 8000
BOOT_S = 600.0
INPUTS = ("appliance", "models/manifest.toml", "systemd", "image", "pyproject.toml", "hw/bench/inside")
MACHINE = ("product.py", "prefab.py", "machine.py", "site.toml")
SERVICES = "twinreel-recorder twinreel-worker twinreel-web"


@dataclass(frozen=True)
class Image:
    """A machine at rest. All its files are read-only: a guest writes to overlays."""

    kernel: Kernel
    kind: str  # kvm or tcg
    root: Path
    spool: Path
    saved: Saved


@dataclass(frozen=True)
class Images:
    idle: Image  # nothing is plugged in, nothing was ever recorded
    waiting: Image  # a take's film is made and waits for a stick


def product_layer() -> Images:
    """The images of this working tree's product; made now if the cache has none like them."""
    base = base_layer()
    kernel = Kernel(base / "vmlinuz", base / "initrd")
    kind = accelerator(kernel)
    inputs = [SOURCE / name for name in INPUTS if (SOURCE / name).exists()]
    key = digest((*inputs, *(HERE / name for name in MACHINE), f"{base.name} {kind}".encode()))
    with made_once(f"product-{key}") as (folder, part):
        if part is not None:
            print("bench: installing the product into the guest, booting it once ...", flush=True)
            make_root(base / "rootfs", part)
            make_spool(part)
            warm_up(image_in(part, kernel, kind))
    idle = image_in(folder, kernel, kind)
    with made_once(f"film-{key}") as (folder, part):
        if part is not None:
            print("bench: making a film that waits for a stick ...", flush=True)
            let_wait(idle, image_in(part, kernel, kind))
    return Images(idle, image_in(folder, kernel, kind))


def image_in(folder: Path, kernel: Kernel, kind: str) -> Image:
    saved = Saved(folder / "memory", folder / "state")
    return Image(kernel, kind, folder / "root.qcow2", folder / "spool.qcow2", saved)


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
    for service in SERVICES.split():
        (units / f"{service}.service.d").mkdir()
        shutil.copy(HERE / "inside/slow.conf", units / f"{service}.service.d")
    shutil.copy(HERE / "inside/slow-recorder.conf", units / "twinreel-recorder.service.d")
    shutil.copy(HERE / "site.toml", root / "etc/twinreel/site.toml")
    run("chroot", root, "/opt/twinreel/bin/python", "-m", "compileall", "-q", "/opt/twinreel/lib")


def make_spool(folder: Path) -> None:
    image = folder / "spool.img"
    with image.open("wb") as file:
        file.truncate(SPOOL_MB * 1_000_000)
    run("mke2fs", "-q", "-t", "ext4", "-L", "twinreel-spool", image)


def warm_up(image: Image) -> None:
    """Boot, wait until the three services run, and keep the machine as it is then."""
    folder = image.root.parent
    for name, disk in (("root", image.root), ("spool", image.spool)):
        overlay(folder / f"{name}.img", disk, "raw")
        by_name = f"{name}.img"  # without its folder, which will be renamed
        subprocess.run(["qemu-img", "rebase", "-u", "-b", by_name, "-F", "raw", str(disk)], check=True)
    with running(image, image.saved, resuming=False) as (control, channel, _):
        channel.wait_until_up(BOOT_S)
        wait_for_services(channel)
        save(control, image.saved.state)


def let_wait(idle: Image, waiting: Image) -> None:
    """Give the idle machine a take whose film is made, and keep it once the box has found it."""
    film = finished_take()
    run("cp", "--sparse=always", idle.saved.memory, waiting.saved.memory)
    for old, new in ((idle.root, waiting.root), (idle.spool, waiting.spool)):
        overlay(old, new)
    started = Saved(waiting.saved.memory, idle.saved.state)
    with running(waiting, started, resuming=True) as (control, channel, folder):
        load(control, started)
        put = "cd /var/lib/twinreel && tar -x && chown -R twinreel:twinreel takes journal.db*"
        for command, data in (
            (f"systemctl stop {SERVICES}", b""),
            (put, film),
            (f"systemctl start {SERVICES}", b""),
        ):
            if (ran := channel.run(command, data, BOOT_S)).code:
                raise RuntimeError(f"{command}: {ran.text}")
        follower = Follower(channel, Ledger(folder / "promises"))
        follower.until(lambda s: s.takes and s.takes[0].state is TakeState.FINISHED, "a film waits", BOOT_S)
        follower.close()
        time.sleep(3.0)  # its connection is closed, and the processes sleep
        save(control, waiting.saved.state)


@contextmanager
def running(image: Image, saved: Saved, resuming: bool) -> Iterator[tuple[Qmp, Channel, Path]]:
    """A machine that will be saved; where that fails, its logs are kept in the cache."""
    failed = image.root.parents[1] / "failed-boot"
    with tempfile.TemporaryDirectory(prefix="twinreel-bench-") as work:
        folder = Path(work)
        machine = Machine(folder, image.kernel, [image.root, image.spool], image.kind, saved, True, resuming)
        try:
            yield Qmp(folder / "qmp"), Channel(folder / "agent"), folder
        except BaseException:
            failed.mkdir(exist_ok=True)
            for file in (file for file in folder.iterdir() if file.is_file()):
                shutil.copy(file, failed)
            raise
        finally:
            machine.close()


def wait_for_services(channel: Channel) -> None:
    until_s = time.monotonic() + BOOT_S
    units = f"{SERVICES} bench-panel multi-user.target"
    while channel.run(f"! systemctl is-active {units} | grep -vx active").code:
        if time.monotonic() > until_s:
            raise RuntimeError(channel.run("systemctl --failed; journalctl -b -n 120 --no-pager").text)
        time.sleep(1.0)
    channel.run("sync; sleep 3")


def ignore_memory(control: Qmp) -> None:
    """What is in the file of the memory need not be in the saved state."""
    wanted = [{"capability": "x-ignore-shared", "state": True}]
    control.command("migrate-set-capabilities", capabilities=wanted)


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


def load(control: Qmp, saved: Saved) -> None:
    ignore_memory(control)
    control.command("migrate-incoming", uri=f"exec:cat {saved.state}")
    while control.command("query-status")["status"] == "inmigrate":
        time.sleep(0.02)
    control.command("cont")
