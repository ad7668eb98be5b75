"""Where things lie. Everything hangs below one root, so that tests and the demo live in a folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from appliance.core.problems import Problem

SOCKET_PATH_LIMIT = 100  # a Unix socket's path holds 108 bytes on Linux


@dataclass(frozen=True)
class Paths:
    root: Path = Path("/")
    shared_cache: Path | None = None  # several roots may share what is slow to make

    @property
    def site_config(self) -> Path:
        return self.root / "etc/twinreel/site.toml"

    @property
    def device_config(self) -> Path:
        return self.root / "var/lib/twinreel/device.toml"

    @property
    def recipes(self) -> Path:
        """The user's own recipes."""
        return self.root / "etc/twinreel/recipes"

    @property
    def data(self) -> Path:
        return self.root / "var/lib/twinreel"

    @property
    def journal(self) -> Path:
        return self.data / "journal.db"

    @property
    def latencies(self) -> Path:
        """How late each device's sound is."""
        return self.data / "latency.json"

    @property
    def takes(self) -> Path:
        """The spool: a folder per take."""
        return self.data / "takes"

    @property
    def models(self) -> Path:
        """The user's own models; where this machine is no box, below the user's home."""
        if self.root != Path("/") or self.data.is_dir():
            return self.data / "models"
        home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
        return home / "twinreel/models"

    @property
    def cache(self) -> Path:
        return self.shared_cache or self.root / "var/cache/twinreel"

    @property
    def run(self) -> Path:
        return self.root / "run/twinreel"

    @property
    def media(self) -> Path:
        """Sticks are mounted below here."""
        return self.root / "run/twinreel/media"

    @property
    def power_off(self) -> Path:
        """Whoever makes this file asks systemd to switch the machine off."""
        return self.run / "power-off"

    @property
    def socket(self) -> Path:
        path = self.run / "recorder.sock"
        if len(str(path)) <= SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"twinreel-{digest}.sock"

    def take(self, take_id: str) -> Path:
        return self.takes / take_id

    def make(self) -> None:
        for folder in (self.data, self.takes, self.cache, self.run, self.media):
            folder.mkdir(parents=True, exist_ok=True)


def paths_from_environment() -> Paths:
    """TWINREEL_ROOT moves everything below a folder, TWINREEL_CACHE the cache alone."""
    cache = os.environ.get("TWINREEL_CACHE")
    return Paths(Path(os.environ.get("TWINREEL_ROOT", "/")), Path(cache) if cache else None)


def check_writable(folder: Path) -> None:
    """Make the folder if need be, and try it: a read-only disk tells nobody before it is written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe_file:
            probe_file.write(b"?")
            probe_file.flush()
    except OSError as error:
        raise Problem(
            "output-folder",
            f"Nothing can be written to {folder}",
            f"The system says: {error.strerror or error}.",
            "Choose a folder that you may write to, on a disk that has room.",
        ) from error


def user_cache() -> Path:
    """Where what can be made again is kept for commands that are no service."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("TWINREEL_CACHE") or home / "twinreel").resolve()
