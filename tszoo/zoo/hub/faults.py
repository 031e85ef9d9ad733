"""What goes wrong with the Hub, as one line each: what happened, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tszoo.errors import TszooError, ZooError
from tszoo.storage.files import reason
from tszoo.text import printable
from tszoo.zoo.hub.client import endpoint, has_token, is_offline
from tszoo.zoo.hub.client_log import quieten
from tszoo.zoo.hub.http import cause_of, http_error, http_kind, response_of, retry_after

_LOGGED_OUT = (
    "nobody is logged in. Log in with: hf auth login, or set HF_TOKEN to a token that may write."
)
_SECRET = re.compile(r"hf_[A-Za-z0-9]{6,}")

Explanation = Callable[[object, Any], ZooError]


class UnreachableError(ZooError):
    """The Hub gives no answer; what is cached may do."""


class MissingError(ZooError):
    """The Hub has no such repository, revision or file, or does not show it to us."""


class UnusableError(ZooError):
    """A catalogue of the Hub is broken; its models by themselves may do."""


class IncompleteError(UnreachableError):
    """A file came with another size than the Hub has on record, though nothing broke off."""


class ChangedError(ZooError):
    """Somebody else wrote meanwhile."""


@contextmanager
def explaining(subject: object) -> Iterator[None]:
    """Turn whatever the client raises into one ZooError about ``subject``.

    Raises
    ------
    UnreachableError, IncompleteError, MissingError, ChangedError
        Where a caller can go on.
    ZooError
        For the rest. Messages have no addresses of the Hub's storage, which are signed, and no
        tokens.
    """
    quieten()
    try:
        yield
    except TszooError:
        raise
    except Exception as error:
        explained = _explain(subject, error)
        if explained is None:
            raise
        raise explained from error


def _explain(subject: object, error: Exception) -> ZooError | None:
    """Explain an error of the client; None for one that it is not known to raise."""
    from huggingface_hub import errors

    # the first kind that fits counts: several of these are kinds of OSError or ValueError
    explanations: tuple[tuple[tuple[type[Exception], ...], Explanation], ...] = (
        ((errors.LocalTokenNotFoundError,), _logged_out),
        ((errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError), _not_reached),
        ((http_error(),), _refused),
        ((errors.EntryNotFoundError,), _no_file),
        ((OSError,), _not_kept),
        ((RuntimeError,), _broken_off),
        # the client takes answers to be what they should be
        ((ValueError, KeyError, TypeError, AttributeError, http_kind("InvalidURL")), _senseless),
    )
    for kinds, explanation in explanations:
        if isinstance(error, kinds):
            return explanation(subject, error)
    return None


def _logged_out(subject: object, _error: Exception) -> ZooError:
    return ZooError(f"{subject}: {_LOGGED_OUT}")


def _not_reached(subject: object, error: Exception) -> ZooError:
    if is_offline():
        return UnreachableError(
            f"{subject}: not in the cache, and HF_HUB_OFFLINE forbids to fetch it."
        )
    cause = cause_of(error)
    if isinstance(cause, http_error()):
        return _refused(subject, cause)
    return UnreachableError(
        f"{subject}: not in the cache, and {endpoint()} cannot be reached. Check the connection, "
        "and HF_ENDPOINT."
    )


def _no_file(subject: object, _error: Exception) -> ZooError:
    return MissingError(f"{subject}: a file that it should have is not there.")


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


def _broken_off(subject: object, error: Exception) -> ZooError:
    cause = cause_of(error)
    if isinstance(cause, http_error()):
        return _refused(subject, cause)
    # for instance that its connections were closed, by another thread that found nobody there
    return UnreachableError(
        f"{subject}: the exchange with {endpoint()} broke off "
        f"({_kind_and_text(error.__cause__ or error)})."
    )


def _senseless(subject: object, error: Exception) -> ZooError:
    return ZooError(f"{subject}: the Hub's answer makes no sense ({_kind_and_text(error)}).")


def _refused(subject: object, error: Exception) -> ZooError:
    """Explain an error of the HTTP library, by the answer if there was one."""
    if response_of(error) is None:
        return _no_answer(subject, error)
    return _not_shown(subject, error) or _by_status(subject, error)


def _no_answer(subject: object, error: Exception) -> ZooError:
    why = _safe(str(error)) or type(error).__name__
    if isinstance(error, http_kind("TimeoutException")):
        why = "no answer in time"
    return UnreachableError(
        f"{subject}: {endpoint()} cannot be reached ({why}). Check the connection, and "
        "HF_ENDPOINT if it is set."
    )


def _not_shown(subject: object, error: Exception) -> ZooError | None:
    """Explain an answer that says that something is not there; None for any other."""
    from huggingface_hub import errors

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
        return _no_file(subject, error)
    return None


def _by_status(subject: object, error: Exception) -> ZooError:
    """Explain an answer by its status."""
    status = response_of(error).status_code
    text = _safe(getattr(error, "server_message", None) or "")
    said, failed = "", str(status)
    if text:
        said, failed = f" ({text})", f"{status}, {text}"
    if status == 401:
        return _not_logged_in(subject, said)
    if status == 403:
        return _not_allowed(subject, error, said)
    if status in (409, 412):
        return ChangedError(f"{subject}: changed on the Hub meanwhile{said}. Try again.")
    if status == 429:
        return _too_busy(subject, error)
    if status >= 500:
        return UnreachableError(
            f"{subject}: the Hub fails ({failed}). Try again later; nothing is lost."
        )
    return ZooError(f"{subject}: the Hub refuses ({failed}).")


def _not_logged_in(subject: object, said: str) -> ZooError:
    if not has_token():
        return ZooError(f"{subject}: {_LOGGED_OUT}")
    return ZooError(
        f"{subject}: the Hub does not accept the token{said}. Log in again: hf auth login."
    )


def _not_allowed(subject: object, error: Exception, said: str) -> ZooError:
    needs = "write"
    if response_of(error).request.method in ("GET", "HEAD"):
        needs = "read"
    return ZooError(
        f"{subject}: the token may not do this{said}. It needs {needs} access to that account."
    )


def _too_busy(subject: object, error: Exception) -> ZooError:
    when = "in a few minutes"
    seconds = retry_after(error)
    if seconds:
        when = f"in {seconds:.0f} s"
    return ZooError(
        f"{subject}: the Hub takes no more requests for now. The same command goes on {when}."
    )


def _kind_and_text(error: BaseException) -> str:
    return _safe(f"{type(error).__name__}: {error}")


def _safe(text: str) -> str:
    """Make what others say fit to be shown: one line, no addresses, no tokens."""
    line = printable(" ".join(text.split()), 200)
    return _SECRET.sub("hf_…", re.sub(r"https?://\S+", "(address)", line))
