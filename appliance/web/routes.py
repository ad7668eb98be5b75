"""What the page may ask (looking on) and what it may send (commands, the PIN)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, TypeAdapter

from appliance.core.paths import Paths
from appliance.core.snapshot import Command, CommandName
from appliance.core.types import Issue, Role, Severity
from appliance.web import auth
from appliance.web.client import RecorderClient
from appliance.web.events import SNAPSHOT, news
from appliance.web.files import answer_with, find_file

ISSUE: TypeAdapter[Issue] = TypeAdapter(Issue)
FOREIGN = Issue(
    "foreign-page",
    Severity.ERROR,
    "The command was refused",
    "It did not come from this box's own page.",
    "Open the page of the box itself and try again.",
)
UNREADABLE = Issue(
    "command-unreadable",
    Severity.ERROR,
    "The command was not understood",
    "It was not one that this box knows.",
    "Reload the page; it may be older than the box.",
)
PIN_NEEDED = Issue(
    "pin-needed",
    Severity.NOTICE,
    "The PIN is needed",
    "Others can reach this page, so commands need the PIN of the box.",
    "Enter the PIN. Whoever set up the box knows it.",
)
Session = Annotated[str | None, Cookie(alias=auth.COOKIE)]


class Pin(BaseModel):
    pin: str


def refused(status: int, issue: Issue, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(ISSUE.dump_python(issue, mode="json"), status, headers)


class Refused(Exception):
    """Raised by a dependency; ``create_app`` answers with the issue."""

    def __init__(self, status: int, issue: Issue) -> None:
        super().__init__(issue.title)
        self.status = status
        self.issue = issue


def own_page(request: Request) -> None:
    """Commands come as JSON from the box's own page: no form of another site can send that."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if kind != "application/json" or not auth.origin_is_ours(origin, host):
        raise Refused(403, FOREIGN)


def looking(client: RecorderClient, paths: Paths) -> APIRouter:
    """Everything that only reads."""
    router = APIRouter()

    @router.get("/api/snapshot")
    async def snapshot() -> Response:
        return Response(SNAPSHOT.dump_json(client.snapshot), media_type="application/json")

    @router.get("/api/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(news(client), media_type="text/event-stream")

    @router.get("/api/live/{role}.jpg")
    async def live(role: Role) -> Response:
        preview = client.picture(role)
        if preview is None:
            raise HTTPException(404, "There is no picture.")
        headers = {"cache-control": "no-store", "x-picture": str(preview.number)}
        return Response(preview.jpeg, media_type="image/jpeg", headers=headers)

    @router.api_route("/takes/{take_id}/{name:path}", methods=["GET", "HEAD"])
    async def take_file(take_id: str, name: str) -> FileResponse:
        path = find_file(paths, client.snapshot.takes, take_id, name)
        if path is None:
            raise HTTPException(404, "There is no such file.")
        return answer_with(path, take_id)

    @router.get("/healthz")
    async def health() -> dict[str, str]:
        return {"page": "up", "recorder": "connected" if client.connected else "away"}

    return router


def commanding(client: RecorderClient, guard: auth.PinGuard) -> APIRouter:
    """Everything that makes the box do something."""
    router = APIRouter(dependencies=[Depends(own_page)])
    admitted = Depends(needs_pin(guard))

    @router.post("/api/command", dependencies=[admitted])
    async def command(command: Command) -> Response:
        if command.name is CommandName.IMPORT and " " in command.argument:
            return refused(400, UNREADABLE)  # a folder of the box is named by its own commands only
        issue = await client.command(command)
        return JSONResponse({"done": True}) if issue is None else refused(409, issue)

    @router.post("/api/pin")
    async def enter_pin(entry: Pin) -> Response:
        token = guard.enter(entry.pin)
        if token is None:
            wait_s = round(guard.wait_s() + 0.5)
            headers = {"retry-after": str(wait_s)} if wait_s > 0 else None
            return refused(429 if wait_s > 0 else 401, wrong_pin(wait_s), headers)
        response = JSONResponse({"done": True})
        response.set_cookie(auth.COOKIE, token, httponly=True, samesite="strict")
        return response

    return router


def needs_pin(guard: auth.PinGuard) -> Callable[[str | None], None]:
    def check(session: Session = None) -> None:
        if not guard.admits(session):
            raise Refused(401, PIN_NEEDED)

    return check


def wrong_pin(wait_s: int) -> Issue:
    remedy = f"Wait {wait_s} seconds, then try again." if wait_s else "Try again."
    return Issue("pin-wrong", Severity.WARNING, "This is not the PIN", "The PIN did not match.", remedy)
