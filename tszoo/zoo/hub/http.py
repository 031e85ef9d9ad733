"""Errors of the HTTP library below the Hub's client, which is not the same in every release."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# answers that may be another one a little later
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


def http_error() -> type[Exception]:
    """Return the root of all errors of the HTTP library."""
    from huggingface_hub.errors import HfHubHTTPError

    kind: type[Exception] = next(
        base
        for base in HfHubHTTPError.__mro__
        if base.__name__ == "HTTPError" and issubclass(base, Exception)
    )
    return kind


def http_kind(name: str) -> type[Exception]:
    """Return the HTTP library's error of a name."""
    library = http_error().__module__.partition(".")[0]
    kind: type[Exception] = getattr(import_module(library), name)
    return kind


def cause_of(error: Exception) -> Exception:
    """Return the HTTP library's error below the client's own, or the error itself.

    The client wraps what ended an upload or a download in an error of its own.
    """
    from huggingface_hub.errors import LocalEntryNotFoundError

    below = error.__cause__ or error.__context__
    is_wrapper = isinstance(error, (RuntimeError, LocalEntryNotFoundError))
    if is_wrapper and isinstance(below, http_error()):
        return below
    return error


def response_of(error: Exception) -> Any:
    """Return the answer that an error is about; None if there was none."""
    return getattr(error, "response", None)


def is_passing(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    if not isinstance(error, http_error()):
        return False
    response = response_of(error)
    if response is not None:
        return response.status_code in _PASSING
    # nobody there, and too slow: waiting longer is for the user to decide, and what is cached may
    # do
    return not isinstance(error, (http_kind("ConnectError"), http_kind("TimeoutException")))


def retry_after(error: Exception) -> float:
    """Return how many seconds the Hub asks to wait; 0 if it does not say."""
    response = response_of(error)
    if response is None:
        return 0.0
    text = response.headers.get("Retry-After", "")
    if not text.isdecimal() or len(text) > 5:
        return 0.0
    return float(text)
