"""The Hub's own client: loaded when it is needed, and patient with a Hub that is busy."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tszoo.late import late
from tszoo.zoo.hub.http import cause_of, is_passing, retry_after

if TYPE_CHECKING:
    from huggingface_hub import HfApi

log = logging.getLogger(__name__)

T = TypeVar("T")

LIBRARY = "tszoo"
TIMEOUT_SECONDS = 30.0
# A Hub that is busy answers a second later, or says when; the client's own attempts count against
# PATIENCE_SECONDS.
WAITS = (0.5, 1.0, 2.0, 4.0)
LONGEST_WAIT = 60.0
PATIENCE_SECONDS = 20.0


def client() -> HfApi:
    """Make a client of the Hub that the environment names, with the token of its login."""
    from huggingface_hub import HfApi, get_session

    session = get_session()
    if session.timeout.read is None:  # by itself the client would wait for an answer for ever
        session.timeout = TIMEOUT_SECONDS
    return HfApi(library_name=LIBRARY, library_version=late("tszoo", "__version__"))


def headers() -> dict[str, str]:
    """Make the headers of a request of our own.

    The client's may ask the Hub first what to call the program that uses it, and that would be a
    second request.
    """
    from huggingface_hub import constants, get_token

    values = {"User-Agent": f"{LIBRARY}/{late('tszoo', '__version__')}"}
    if not constants.HF_HUB_DISABLE_IMPLICIT_TOKEN:
        token = get_token()
        if token:
            values["Authorization"] = f"Bearer {token}"
    return values


def has_token() -> bool:
    """Whether somebody is logged in."""
    from huggingface_hub import get_token

    return get_token() is not None


def is_offline() -> bool:
    """Whether the environment forbids requests (``HF_HUB_OFFLINE``)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def endpoint() -> str:
    """Return the Hub's address, without a password that may stand in it."""
    from huggingface_hub import constants

    return re.sub(r"//[^/@]*@", "//", constants.ENDPOINT)


def url_of(repo: str) -> str:
    """Return the address of a repository's page."""
    return f"{endpoint()}/{repo}"


def patiently(call: Callable[[], T]) -> T:
    """Call, and call again while the Hub is busy or hangs up.

    The last error is raised as it came.
    """
    began = time.monotonic()
    for wait in WAITS:
        try:
            return call()
        except Exception as error:  # noqa: PERF203
            cause = cause_of(error)
            if not is_passing(cause) or time.monotonic() - began > PATIENCE_SECONDS:
                raise
            pause = max(wait, retry_after(cause))
            if pause > LONGEST_WAIT:
                raise
            log.info("the Hub is busy (%s); again in %.1f s", type(cause).__name__, pause)
            time.sleep(pause)
    return call()
