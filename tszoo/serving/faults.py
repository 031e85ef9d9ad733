"""What a request is refused with: a status and one line."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from tszoo.errors import TszooError
from tszoo.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import JSONResponse


class Refused(Exception):  # noqa: N818  # it is an answer, and no error of ours
    """A request that is answered by a status and one line."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer_to(error: Exception) -> JSONResponse:
    """Say in JSON why a request is refused; what tszoo finds wrong with it is 400."""
    if isinstance(error, Refused):
        headers = {"retry-after": "1"} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else None
        return refusal(error.status, str(error), headers)
    if isinstance(error, TszooError):
        return refusal(HTTPStatus.BAD_REQUEST, str(error))
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed; its log says how.")


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Make the answer of a status and a line: ``{"error": …}``."""
    from starlette.responses import JSONResponse

    return JSONResponse({"error": one_line(message)}, int(status), headers)
