"""What a test may ask to go wrong, and the record of each request that arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.hub_server.store import Repo

# besides any status code from 400 on
KINDS = {
    "drop": "the connection ends, nothing was done",
    "drop-after": "what was asked is done, then the connection ends without a word",
    "truncated": "half of the body that Content-Length promises, then the connection ends",
    "stalled": "half of the body, then nothing for some seconds, then the connection ends",
    "short": "half of the body, and a Content-Length that agrees with it",
    "altered": "one byte in the middle of the body is another one",
    "slow": "nothing for some seconds, then all of it",
    "stale": "what is read is as it was when the fault was asked for; what is written is not met",
}


@dataclass(frozen=True)
class Request:
    """One request as it arrived; secrets are not kept."""

    n: int
    kind: str
    method: str
    path: str  # without the query
    query: Mapping[str, list[str]]  # without signatures
    repo: str | None
    revision: str | None
    user: str | None  # who the token belongs to
    sent: int  # bytes of the body
    origin: str  # "hub", or "storage", where LFS sends to
    authorization: bool  # whether it carried a token, good or not
    range: str | None
    fault: str | None = None  # what it met


@dataclass
class Fault:
    """Something that goes wrong with `times` requests of a kind, `after` the first few."""

    kind: str
    where: str | Callable[[Request], bool] | None
    times: int | None
    after: int
    seconds: float
    retry_after: int | None
    seen: Mapping[str, Repo] = field(default_factory=dict)

    def meets(self, request: Request) -> bool:
        """Whether this request is met; counts it."""
        if self.times == 0 or not self.is_meant(request):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def is_meant(self, request: Request) -> bool:
        if callable(self.where):
            return self.where(request)
        return self.where is None or self.where == request.kind
