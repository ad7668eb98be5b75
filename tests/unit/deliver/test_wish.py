"""Asking for a folder on a stick: the service that makes it, and the one that is not there."""

from __future__ import annotations

import threading
from pathlib import Path

from appliance.deliver.wish import WISH, ask_for_folder


def test_it_returns_when_the_folder_was_made(tmp_path: Path) -> None:
    point = tmp_path / "KEY 1"
    point.mkdir()
    over = threading.Event()

    def service() -> None:
        """As twinreel-folder.path and .service."""
        while not over.wait(0.005):
            if (tmp_path / WISH).exists():
                Path((tmp_path / WISH).read_text().removesuffix("\n"), "Twinreel").mkdir(mode=0o777)
                (tmp_path / WISH).unlink()
                return

    helper = threading.Thread(target=service)
    helper.start()
    try:
        ask_for_folder(tmp_path, point, wait_s=20.0)
    finally:
        over.set()
        helper.join(5.0)
    assert (point / "Twinreel").is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["KEY 1"]


def test_without_the_service_it_gives_up_and_leaves_no_wish(tmp_path: Path) -> None:
    ask_for_folder(tmp_path, tmp_path, wait_s=0.0)
    assert list(tmp_path.iterdir()) == []
