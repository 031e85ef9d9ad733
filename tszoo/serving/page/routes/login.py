"""The door: other machines say the server's token once."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tszoo.serving.page.guard import SESSION
from tszoo.serving.page.views import desk_of, refuse, show


def ask(request: Request) -> Response:
    """Ask for the token."""
    return show(request, "login.html")


async def enter(request: Request) -> Response:
    """Let in who knows the token; the browser remembers it until it is closed."""
    desk = desk_of(request)
    async with request.form() as form:
        given = str(form.get("token", "")).strip()
    if not hmac.compare_digest(given.encode(), (desk.token or "").encode()):
        return refuse(request, "That is not the token.", 403)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(SESSION, desk.session, httponly=True, samesite="strict")
    return answer


ROUTES = [Route("/login", ask, methods=["GET"]), Route("/login", enter, methods=["POST"])]
