"""The page and its API, put together. It looks on and posts commands; it owns nothing of the box."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jinja2
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from appliance.core.config import Config
from appliance.core.paths import Paths
from appliance.web.auth import PinGuard
from appliance.web.client import RecorderClient
from appliance.web.guard import Guard
from appliance.web.routes import UNREADABLE, Refused, commanding, looking, refused

HERE = Path(__file__).parent


def create_app(paths: Paths, config: Config) -> FastAPI:
    """Raises Problem when the page needs a PIN and none is set; ``app.state.client`` may be stopped."""
    guard = PinGuard(config.web)
    client = RecorderClient(paths.socket)
    app = FastAPI(title=config.name, docs_url=None, redoc_url=None, openapi_url=None, lifespan=connected)
    app.state.client = client
    app.add_middleware(Guard, host=config.web.host)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.include_router(looking(client, paths))
    app.include_router(commanding(client, guard))
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(RequestValidationError, answer_unreadable)
    page = render_page(config.name)

    @app.get("/")
    async def index() -> HTMLResponse:
        return HTMLResponse(page)

    return app


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """Talk to the recorder as long as the page is served."""
    client: RecorderClient = app.state.client
    talking = asyncio.create_task(client.run())
    try:
        yield
    finally:
        client.stop()
        talking.cancel()


def render_page(name: str, locale: str = "en") -> str:
    texts: dict[str, Any] = json.loads((HERE / "locales" / f"{locale}.json").read_text(encoding="utf-8"))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html").render(name=name, locale=locale, texts=texts)


async def answer_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refused(error.status, error.issue)


async def answer_unreadable(request: Request, error: Exception) -> Response:
    return refused(400, UNREADABLE)
