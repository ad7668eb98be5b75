"""The doctor's look at sticks: udisks2, and the file systems of the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.paths import Paths
from appliance.ops.checks import sticks
from appliance.ops.checks.result import Verdict


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path)
    made.site_config.parent.mkdir(parents=True)
    made.site_config.write_text("[sim]\nenabled = false\n")
    return made


def kernel(tmp_path: Path, built_in: str, modules: str) -> tuple[Path, Path]:
    (tmp_path / "filesystems").write_text(built_in)
    (tmp_path / "modules.dep").write_text(modules)
    return tmp_path / "filesystems", tmp_path


def test_a_simulated_box_needs_no_udisks(paths: Paths) -> None:
    paths.site_config.write_text("[sim]\nenabled = true\n")
    assert sticks.sticks(paths).verdict is Verdict.OK


def test_without_a_bus_there_are_no_sticks(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
    result = sticks.sticks(paths)
    assert (result.verdict, result.finding) == (Verdict.WARNING, "cannot be found")
    assert "udisks2" in result.cause


def test_what_the_kernel_does_not_know_is_named(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sticks.shutil, "which", lambda name, path: None)
    proc, folder = kernel(tmp_path, "nodev\ttmpfs\n\text4\n\tvfat\n", "kernel/fs/exfat/exfat.ko.xz: \n")
    assert sticks.missing_file_systems(proc, folder) == ["NTFS"]
    monkeypatch.setattr(sticks.shutil, "which", lambda name, path: "/sbin/mount.ntfs" if name else None)
    assert sticks.missing_file_systems(proc, folder) == []
    monkeypatch.setattr(sticks, "udisks_version", lambda: "2.9.4")
    monkeypatch.setattr(sticks, "missing_file_systems", lambda: ["exFAT"])
    result = sticks.sticks(paths)
    assert (result.verdict, result.finding) == (Verdict.WARNING, "udisks2 2.9.4")
    assert "exFAT" in result.cause
