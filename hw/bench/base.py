"""The guest's first layer: Debian, gpio-sim and the product's dependencies. Minutes to make, seldom made."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hw.bench.tools import cache_folder, search_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
SOURCE = HERE.parents[1]
PACKAGES = HERE / "packages.txt"
PYTHON = "3.11"  # Debian 12's
PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
UNUSED = (  # of Debian's kernel modules: two thirds of them, none of which the guest has a device for
    "drivers/gpu", "drivers/net", "drivers/infiniband", "drivers/iio", "drivers/isdn",
    "sound/pci", "sound/soc",
)  # fmt: skip
SETUP = """
mkdir -p "$1/etc/initramfs-tools/conf.d"
printf 'MODULES=list\\nCOMPRESS=zstd\\n' > "$1/etc/initramfs-tools/conf.d/bench"
"""
FINISH = """
printf 'virtio_pci\\nvirtio_blk\\next4\\n' >> "$1/etc/initramfs-tools/modules"
chroot "$1" update-initramfs -u
chroot "$1" passwd -d root
echo twinreel > "$1/etc/hostname"
echo '/dev/vda / ext4 defaults,noatime 0 1' > "$1/etc/fstab"
echo '/dev/vdb /var/lib/twinreel ext4 defaults,noatime 0 2' >> "$1/etc/fstab"
rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*
"""


def run(*command: str | Path) -> None:
    """Run it; what it said is shown only when it fails."""
    environment = {**os.environ, "PATH": search_path(), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(part) for part in command],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace")[-4000:]
        raise RuntimeError(f"{' '.join(map(str, command))[:200]} failed with {done.returncode}:\n{said}")


def digest(parts: Sequence[bytes | Path]) -> str:
    """A name for what is made from these; a folder counts with all its files."""
    total = hashlib.sha256()
    for part in parts:
        for piece in files_below(part) if isinstance(part, Path) else (part,):
            total.update(hashlib.sha256(piece).digest())
    return total.hexdigest()[:16]


def files_below(path: Path) -> Iterator[bytes]:
    listed = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in listed:
        if file.is_file() and "__pycache__" not in file.parts:
            yield str(file.relative_to(path.parent)).encode()
            yield file.read_bytes()


@contextmanager
def made_once(name: str, keep: int = 3) -> Iterator[tuple[Path, Path | None]]:
    """(folder, None) where the cache has it, else (folder, where to make it); one maker at a time."""
    import fcntl

    folder = cache_folder() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f"{name.split('-')[0]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            os.utime(folder)
            yield folder, None
            return
        part = folder.with_name(f"{name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        yield folder, part
        part.rename(folder)
        forget_older(folder, keep)


def forget_older(folder: Path, keep: int) -> None:
    """Images are large: a few versions are kept, the last used ones."""
    kind = folder.name.split("-")[0]
    found = [path for path in folder.parent.glob(f"{kind}-*") if path.is_dir() and path.suffix != ".part"]
    for old in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def dependencies() -> list[str]:
    listed: list[str] = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["dependencies"]
    return listed


def base_layer() -> Path:
    """The folder with ``rootfs/``, ``vmlinuz`` and ``initrd``; made now if the cache has none like it."""
    key = digest((PACKAGES, Path(__file__), "\n".join(dependencies()).encode()))
    with made_once(f"base-{key}") as (folder, part):
        if part is not None:
            print(
                "bench: making the guest's Debian (minutes, only when its list of packages changes) ...",
                flush=True,
            )
            make_base(part)
    return folder


def make_base(folder: Path) -> None:
    root = folder / "rootfs"
    debian(root)
    version = next((root / "usr/lib/modules").iterdir()).name
    gpio_sim(root, version, folder / "gpio-sim")
    wheels = folder / "wheels"
    fetch_wheels(wheels)
    run(SOURCE / "image/install.sh", root, wheels, "--dependencies")
    shutil.rmtree(wheels)
    for name in ("vmlinuz", "initrd"):
        stem = "initrd.img" if name == "initrd" else name
        shutil.copy(root / f"boot/{stem}-{version}", folder / name)


def debian(root: Path) -> None:
    wanted = [line for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")]
    excluded = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"]
    excluded += [f"/lib/modules/*/kernel/{folder}/*" for folder in UNUSED]
    run(
        "mmdebstrap", "--variant=minbase", "--mode=root", "--components=main",
        f"--include={','.join(wanted)}",
        '--aptopt=APT::Install-Recommends "false"', *(f"--dpkgopt=path-exclude={path}" for path in excluded),
        f"--setup-hook={SETUP}", f"--customize-hook={FINISH}", "bookworm", root,
    )  # fmt: skip


def gpio_sim(root: Path, version: str, work: Path) -> None:
    """Debian's kernel has no simulated GPIO chip: its source is built as a module of its own."""
    headers = Path(f"/usr/src/linux-headers-{version}")
    if not headers.is_dir():
        raise RuntimeError(f"the guest's kernel is {version}: apt-get install linux-headers-{version}")
    work.mkdir()
    with tarfile.open("/usr/src/linux-source-6.1.tar.xz") as source:
        for name in ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c"):
            member = source.extractfile(f"linux-source-6.1/{name}")
            assert member is not None
            (work / Path(name).name).write_bytes(member.read())
    (work / "gpio-sim.c").rename(work / "gpio_sim_main.c")
    simulated = work / "irq_sim.c"  # irq_to_desc() is not for modules; this does the same by number
    simulated.write_text(
        simulated.read_text().replace(
            "handle_simple_irq(irq_to_desc(irqnum));", "generic_handle_irq(irqnum);"
        )
    )
    (work / "Kbuild").write_text("obj-m += gpio-sim.o\ngpio-sim-y := gpio_sim_main.o irq_sim.o\n")
    run("make", "-C", headers, f"M={work}", "modules")
    target = root / f"usr/lib/modules/{version}/extra"
    target.mkdir(exist_ok=True)
    shutil.copy(work / "gpio-sim.ko", target)
    run("chroot", root, "depmod", version)
    shutil.rmtree(work)


def fetch_wheels(folder: Path) -> None:
    platforms = [f"--platform={name}_x86_64" for name in PLATFORMS]
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:",
        f"--python-version={PYTHON}", "--implementation=cp", f"--abi=cp{PYTHON.replace('.', '')}",
        "--abi=abi3", "--abi=none", *platforms, f"--dest={folder}", *dependencies(),
    )  # fmt: skip
