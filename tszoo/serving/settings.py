"""Settings of a server: what it takes, and from whom."""

from __future__ import annotations

from dataclasses import dataclass

from tszoo.errors import OptionError

# What SageMaker's batch transform sends at most, unless told.
MOST_BYTES = 6 * 2**20
# Requests that may wait for an answer at a time; more are sent away.
MOST_WAITING = 512
# Series that are computed in one go: a request of many lets others in between.
MOST_SERIES = 256
# A body that has not come to its end until then is given up.
BODY_SECONDS = 60.0


@dataclass(frozen=True)
class Settings:
    """Say what a server takes, and from whom.

    Attributes
    ----------
    max_bytes : int
        Of a request's body.
    max_waiting : int
        Requests that are read, computed or waiting at a time. Others are answered 503.
    max_series : int
        Series of one forward pass, of one request or of several.
    body_seconds : float
        How long a body may take to arrive.
    token : str or None
        What ``Authorization: Bearer`` has to say; None lets everybody in.
    threads : int or None
        PyTorch's, for one forward pass; None leaves them as they are.

    Raises
    ------
    OptionError
        If a number is below 1, or the token is empty or no printable ASCII without spaces.
    """

    max_bytes: int = MOST_BYTES
    max_waiting: int = MOST_WAITING
    max_series: int = MOST_SERIES
    body_seconds: float = BODY_SECONDS
    token: str | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_waiting", "max_series", "threads"):
            number = getattr(self, name)
            if number is not None and number < 1:
                msg = f"{name} must be 1 or more, not {number}."
                raise OptionError(msg)
        if self.token is not None and not _is_token(self.token):
            msg = "token must be printable ASCII without spaces, and not empty."
            raise OptionError(msg)


def _is_token(text: str) -> bool:
    return bool(text) and all("!" <= character <= "~" for character in text)
