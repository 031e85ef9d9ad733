"""The Hub's own client.

Loaded when it is needed, patient with what passes, and its errors in one line each.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from tszoo.errors import TszooError, ZooError
from tszoo.storage.files import reason
from tszoo.text import printable

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
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_LOGGED_OUT = (
    "nobody is logged in. Log in with: hf auth login, or set HF_TOKEN to a token that may write."
)
_SECRET = re.compile(r"hf_[A-Za-z0-9]{6,}")
# of the client, which logs the addresses that it tries again; those of the Hub's storage are signed
# in their query
_TALKERS = ("huggingface_hub.utils._http", "huggingface_hub.file_download")
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")


class UnreachableError(ZooError):
    """The Hub gives no answer; what is cached may do."""


class MissingError(ZooError):
    """The Hub has no such repository, revision or file, or does not show it to us."""


class IncompleteError(UnreachableError):
    """A file came with another size than the Hub has on record, though nothing broke off."""


class ChangedError(ZooError):
    """Somebody else wrote meanwhile."""


def client() -> HfApi:
    """Make a client of the Hub that the environment names, with the token of its login."""
    from huggingface_hub import HfApi, get_session

    session = get_session()
    if session.timeout.read is None:  # by itself the client would wait for an answer for ever
        session.timeout = TIMEOUT_SECONDS
    return HfApi(library_name=LIBRARY, library_version=version("tszoo"))


def headers() -> dict[str, str]:
    """Make the headers of a request of our own.

    The client's may ask the Hub first what to call the program that uses it, and that would be a
    second request.
    """
    from huggingface_hub import constants, get_token

    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return {
        "User-Agent": f"{LIBRARY}/{version('tszoo')}",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }


def is_offline() -> bool:
    """Whether the environment forbids requests (``HF_HUB_OFFLINE``)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def endpoint() -> str:
    """Give the Hub's address, without a password that may stand in it."""
    from huggingface_hub import constants

    return re.sub(r"//[^/@]*@", "//", constants.ENDPOINT)


def url_of(repo: str) -> str:
    """Give the address of a repository's page."""
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
            cause = _cause(error)
            if not _passes(cause) or time.monotonic() - began > PATIENCE_SECONDS:
                raise
            pause = max(wait, _retry_after(cause))
            if pause > LONGEST_WAIT:
                raise
            log.info("the Hub is busy (%s); again in %.1f s", type(cause).__name__, pause)
            time.sleep(pause)
    return call()


@contextmanager
def explaining(subject: object) -> Iterator[None]:
    """Turn whatever the client raises into one ZooError about ``subject``.

    What is wrong and what to do.

    Raises
    ------
    UnreachableError, IncompleteError, MissingError, ChangedError
        Where a caller can go on.
    ZooError
        For the rest. Messages have no addresses of the Hub's storage, which are signed, and no
        tokens.
    """
    from huggingface_hub.errors import (
        EntryNotFoundError,
        LocalEntryNotFoundError,
        LocalTokenNotFoundError,
        OfflineModeIsEnabled,
    )

    for name in _TALKERS:
        logging.getLogger(name).addFilter(_without_signatures)
    try:
        yield
    except TszooError:
        raise
    except LocalTokenNotFoundError as error:
        raise ZooError(f"{subject}: {_LOGGED_OUT}") from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise _not_reached(subject, error) from error
    except _http_error() as error:
        raise _explain(subject, error) from error
    except EntryNotFoundError as error:
        msg = f"{subject}: a file that it should have is not there."
        raise MissingError(msg) from error
    except OSError as error:
        raise _not_kept(subject, error) from error
    except RuntimeError as error:
        cause = _cause(error)
        if isinstance(cause, _http_error()):
            raise _explain(subject, cause) from error
        # for instance that its connections were closed, by another thread that found nobody there
        why = error.__cause__ or error
        msg = (
            f"{subject}: the exchange with {endpoint()} broke off "
            f"({_safe(f'{type(why).__name__}: {why}')})."
        )
        raise UnreachableError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError, _http_kind("InvalidURL")) as error:
        # the client takes answers to be what they should be
        msg = (
            f"{subject}: the Hub's answer makes no sense "
            f"({_safe(f'{type(error).__name__}: {error}')})."
        )
        raise ZooError(msg) from error


def _without_signatures(record: logging.LogRecord) -> bool:
    """Take the queries off the addresses in a log record; a filter that lets everything pass."""
    record.msg, record.args = _QUERY.sub(r"\1", record.getMessage()), ()
    return True


def _http_error() -> type[Exception]:
    """Find the root of all errors of the HTTP library below the client, which is not the same in every release."""
    from huggingface_hub.errors import HfHubHTTPError

    kind: type[Exception] = next(
        one
        for one in HfHubHTTPError.__mro__
        if one.__name__ == "HTTPError" and issubclass(one, Exception)
    )
    return kind


def _http_kind(name: str) -> type[Exception]:
    kind: type[Exception] = getattr(import_module(_http_error().__module__.partition(".")[0]), name)
    return kind


def _cause(error: Exception) -> Exception:
    """Find the HTTP library's error below the client's own, for an upload or a download that failed."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    below = error.__cause__ or error.__context__
    is_outer = isinstance(error, (RuntimeError, LocalEntryNotFoundError)) and isinstance(
        below, _http_error()
    )
    return below if is_outer and isinstance(below, Exception) else error


def _response(error: Exception) -> Any:
    return getattr(error, "response", None)


def _passes(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    if not isinstance(error, _http_error()):
        return False
    response = _response(error)
    if response is not None:
        return response.status_code in _PASSING
    # nobody there, and too slow: waiting longer is for the user to decide, and what is cached may
    # do
    return not isinstance(error, (_http_kind("ConnectError"), _http_kind("TimeoutException")))


def _retry_after(error: Exception) -> float:
    response = _response(error)
    text = "" if response is None else response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0


def _explain(subject: object, error: Exception) -> ZooError:
    from huggingface_hub import errors

    response = _response(error)
    if response is None:
        why = _safe(str(error)) or type(error).__name__
        if isinstance(error, _http_kind("TimeoutException")):
            why = "no answer in time"
        msg = (
            f"{subject}: {endpoint()} cannot be reached ({why}). Check the connection, and "
            "HF_ENDPOINT if it is set."
        )
        return UnreachableError(msg)
    status = response.status_code
    if isinstance(error, errors.GatedRepoError):
        return MissingError(
            f"{subject}: gated; ask for access on its page, {endpoint()}, and log in: hf auth "
            "login, or HF_TOKEN."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return MissingError(
            f"{subject}: no such repository at {endpoint()}, or one that is private. Check the "
            "name; log in to see what is private: hf auth login, or HF_TOKEN."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return MissingError(
            f"{subject}: no such revision in this repository. Name a commit, a tag or a branch."
        )
    if isinstance(error, errors.EntryNotFoundError):
        return MissingError(f"{subject}: a file that it should have is not there.")
    text = _safe(getattr(error, "server_message", None) or "")
    said = f" ({text})" if text else ""
    failed = f"{status}, {text}" if text else status
    if status == 401 and not _has_token():
        return ZooError(f"{subject}: {_LOGGED_OUT}")
    if status == 401:
        return ZooError(
            f"{subject}: the Hub does not accept the token{said}. Log in again: hf auth login."
        )
    if status == 403:
        needs = "read" if response.request.method in ("GET", "HEAD") else "write"
        return ZooError(
            f"{subject}: the token may not do this{said}. It needs {needs} access to that account."
        )
    if status in (409, 412):
        return ChangedError(f"{subject}: changed on the Hub meanwhile{said}. Try again.")
    if status == 429:
        after = _retry_after(error)
        when = f"in {after:.0f} s" if after else "in a few minutes"
        return ZooError(
            f"{subject}: the Hub takes no more requests for now. The same command goes on {when}."
        )
    if status >= 500:
        return UnreachableError(
            f"{subject}: the Hub fails ({failed}). Try again later; nothing is lost."
        )
    return ZooError(f"{subject}: the Hub refuses ({failed}).")


def _not_reached(subject: object, error: Exception) -> ZooError:
    if is_offline():
        return UnreachableError(
            f"{subject}: not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        )
    cause = _cause(error)
    if isinstance(cause, _http_error()):
        return _explain(subject, cause)
    return UnreachableError(
        f"{subject}: not in the cache, and {endpoint()} cannot be reached. Check the connection, "
        "and HF_ENDPOINT."
    )


def _not_kept(subject: object, error: OSError) -> ZooError:
    from huggingface_hub import constants

    if error.errno is None:  # the client's word for a file of another size than announced
        return IncompleteError(f"{subject}: a download came incomplete. Try again.")
    if isinstance(error, ConnectionError):
        return UnreachableError(
            f"{subject}: {endpoint()} cannot be reached ({reason(error)}). Check the connection."
        )
    return ZooError(
        f"{subject}: cannot be kept in the cache {constants.HF_HUB_CACHE} ({reason(error)}). "
        "HF_HOME names another."
    )


def _safe(text: str) -> str:
    """What others say, fit to be shown: one line, no addresses, no tokens."""
    return _SECRET.sub(
        "hf_…", re.sub(r"https?://\S+", "(address)", printable(" ".join(text.split()), 200))
    )


def _has_token() -> bool:
    from huggingface_hub import get_token

    return get_token() is not None
