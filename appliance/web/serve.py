"""The web process."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from appliance.core.config import Config, WebConfig
from appliance.core.paths import Paths
from appliance.core.problems import Problem
from appliance.web.app import create_app
from appliance.web.client import RecorderClient

log = logging.getLogger("twinreel.web")

PORT_FILE = "web.port"


def nothing() -> None:
    """What happens where nobody watches over the process."""


class PageServer(uvicorn.Server):
    """Says where the page is once it listens, and ends the pages' event streams when it is told to stop.

    ``on_up`` is called once when it listens, ``on_turn`` about every 0.1 s while its loop turns.
    """

    on_up: Callable[[], None] = staticmethod(nothing)
    on_turn: Callable[[], object] = staticmethod(nothing)

    def __init__(self, config: uvicorn.Config, client: RecorderClient, port_file: Path, url: str) -> None:
        super().__init__(config)
        self.client = client
        self.port_file = port_file
        self.url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        write_atomically(self.port_file, self.url.rsplit(":", 1)[1].strip("/"))
        log.info("The page is at %s", self.url)
        self.on_up()

    async def on_tick(self, counter: int) -> bool:
        self.on_turn()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.client.stop()
        self.port_file.unlink(missing_ok=True)
        await super().shutdown(sockets)


def serve(
    paths: Paths, config: Config, on_up: Callable[[], None] = nothing, on_turn: Callable[[], object] = nothing
) -> None:
    """Serve until a signal; raises Problem when the PIN is missing or the port is taken."""
    app = create_app(paths, config)
    listener = listen(config.web)
    settings = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    url = url_of(config.web.host, listener)
    server = PageServer(settings, app.state.client, paths.run / PORT_FILE, url)
    server.on_up, server.on_turn = on_up, on_turn
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def listen(web: WebConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    try:
        return socket.create_server((web.host, web.port), family=family)
    except OSError as error:
        raise Problem(
            "page-address-taken",
            f"The page cannot be served at {web.host}, port {web.port}",
            f"The system says: {error.strerror or error}.",
            "Stop the program that uses the port, or set web.host and web.port (0: any free port).",
        ) from error


def url_of(host: str, listener: socket.socket) -> str:
    """With every address bound, the box's own name is the one to tell others."""
    name = socket.gethostname() if host in {"", "0.0.0.0", "::"} else host
    named = f"[{name}]" if ":" in name else name
    return f"http://{named}:{listener.getsockname()[1]}/"


def write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
    fresh.write_text(f"{text}\n", encoding="utf-8")
    fresh.replace(path)
