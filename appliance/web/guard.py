"""For every request: it must name this box, and the answer tells the browser to trust nobody else."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.web.auth import host_is_ours

LARGEST_BODY_BYTES = 4096
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """ASGI middleware; a plain class, because Starlette's base class holds back endless answers."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = refusal(scope["method"], Headers(scope=scope), self.host) or self.app
        return await answer(scope, receive, send_guarded)


def refusal(method: str, headers: Headers, bound_host: str) -> Response | None:
    if not host_is_ours(headers.get("host", ""), bound_host):
        return PlainTextResponse("This box does not answer to that name.", 421)
    size = headers.get("content-length", "")
    if method == "POST" and not (size.isdecimal() and int(size) <= LARGEST_BODY_BYTES):
        return PlainTextResponse("No command is as long as that.", 413)
    return None
