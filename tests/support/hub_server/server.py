"""The server itself: sockets, who asks, which handler answers, and what goes wrong on the way."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import responses
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.hub_server import collecting, downloads, reading, writing  # noqa: F401
from tests.support.hub_server.calls import ROUTES, Answer, Call, Handler, RefusalError, answer
from tests.support.hub_server.connection import Listener
from tests.support.hub_server.faults import KINDS, Fault, Request
from tests.support.hub_server.store import Blob, Store, User

STORAGE_KINDS = ("lfs-put", "lfs-get")
REQUEST_KINDS = tuple(dict.fromkeys(kind for kind, *_ in ROUTES))
SECRETS = ("signature", "expires")


class HubServer:
    """A Hub on 127.0.0.1, with its storage on another origin (`localhost`), served by threads.

    `endpoint` is what HF_ENDPOINT has to be. `page_size` is the most that one page of a listing
    holds, `resolve_cache` has small files redirected within the Hub as the real one does, and
    without `has_collections` there are none.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._lock = threading.RLock()
        self.woken = threading.Event()
        self.reset()
        self._server = Listener(self)
        self.port = self._server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.storage = f"http://localhost:{self.port}"
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()

    def __enter__(self) -> HubServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and end the connections that are open."""
        self.woken.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()

    def reset(self) -> None:
        """Forget all: repositories, users, faults, requests and options.

        Whoever still waits is cut off.
        """
        with self._lock:
            self.woken.set()
            self.woken = threading.Event()
            self.store = Store()
            self.page_size = 1000
            self.resolve_cache = False
            self.has_collections = True
            self._faults: list[Fault] = []
            self._requests: list[Request] = []
            self.failures: list[Exception] = []  # errors of the server's own
            self._n = 0

    # what a test arranges

    def add_user(
        self, name: str, token: str, orgs: tuple[str, ...] = (), role: str = "write"
    ) -> None:
        """Let a token stand for a user.

        Its role is "write", "read", or "none": no more than anybody may.
        """
        with self._lock:
            self.store.users[token] = User(name, tuple(orgs), role)

    def create(self, repo: str, private: bool = False, gated: bool = False) -> None:
        with self._lock:
            self.store.create(repo, private, gated)

    def grant(self, repo: str, user: str) -> None:
        """Let a user into a gated repository."""
        with self._lock:
            self.store.repos[repo].granted.add(user)

    def put(
        self,
        repo: str,
        files: Mapping[str, bytes | None],
        message: str = "Change files",
        branch: str = "main",
    ) -> str:
        """Commit files (None.

        Delete it) as somebody on the Hub would, and return the commit's id.
        """
        with self._lock:
            found = self.store.repos.get(repo) or self.store.create(repo)
            tree = dict(found.commits[found.branches[branch]].tree)
            for path, data in files.items():
                if data is None:
                    del tree[path]
                    continue
                tree[path] = Blob(data, lfs=found.wants_lfs(path, len(data), branch))
                if tree[path].lfs:
                    found.stored[tree[path].sha256] = data
            return found.add(branch, tree, message, "", "somebody", self.store.now()).oid

    def damage(self, repo: str, path: str, new_bytes: bytes) -> None:
        """Serve other bytes for a file on the main branch, whatever is on record about it."""
        with self._lock:
            found = self.store.repos[repo]
            found.damaged[found.head.tree[path].etag] = new_bytes

    def fault(
        self,
        kind: str | int,
        where: str | Callable[[Request], bool] | None = None,
        times: int | None = 1,
        after: int = 0,
        seconds: float = 0.5,
        retry_after: int | None = None,
    ) -> None:
        """Have requests fail: a status code, or one of `KINDS`.

        Parameters
        ----------
        where
            The kind of request that is met (one of `REQUEST_KINDS`), or a function that says so;
            None: any.
        times, after
            How many are met (None: all from now on), after how many that are not.
        seconds
            For how long "slow" and "stalled" wait.
        retry_after
            Seconds in the header Retry-After; a 429 says 1 unless told.
        """
        code = str(kind)
        if code not in KINDS and not (code.isdigit() and 400 <= int(code) < 600):
            msg = f"no such fault: {code}"
            raise ValueError(msg)
        if isinstance(where, str) and where not in REQUEST_KINDS:
            msg = f"no such request: {where}"
            raise ValueError(msg)
        if code == "429" and retry_after is None:
            retry_after = 1
        with self._lock:
            seen = (
                {name: repo.frozen() for name, repo in self.store.repos.items()}
                if code == "stale"
                else {}
            )
            self._faults.append(Fault(code, where, times, after, seconds, retry_after, seen))

    def fail_at(self, n: int, kind: str | int, **options: Any) -> None:
        """Have the n-th request from now (the first is 1) meet a fault."""
        self.fault(kind, after=n - 1, **options)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    # what a test looks at

    @property
    def requests(self) -> list[Request]:
        """All requests since the last reset() or clear_requests(), in their order."""
        with self._lock:
            return list(self._requests)

    def clear_requests(self) -> None:
        with self._lock:
            self._requests.clear()

    def repo_names(self) -> list[str]:
        with self._lock:
            return sorted(self.store.repos)

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """All files of a revision, as they are on record."""
        with self._lock:
            commit = self.store.repos[repo].find(revision)
            if commit is None:
                raise KeyError(revision)
            return {path: blob.data for path, blob in commit.tree.items()}

    def head(self, repo: str) -> str:
        with self._lock:
            return self.store.repos[repo].head.oid

    def tags(self, repo: str) -> dict[str, str]:
        with self._lock:
            return dict(self.store.repos[repo].tags)

    # answering

    def signed(self, method: str, path: str) -> str:
        """An address at the storage that is good for one method, for an hour, for anybody."""
        expires = int(time.time()) + 3600
        signature = self._signature(method, path, expires)
        return f"{self.storage}{path}?expires={expires}&signature={signature}"

    def _signature(self, method: str, path: str, expires: int) -> str:
        return hmac.new(
            self._key, f"{method} {path} {expires}".encode(), hashlib.sha256
        ).hexdigest()

    def serve(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Answer, str, float]:
        """Answer one request.

        Also, how the answer goes wrong ("" if it does not), and the seconds that it waits.
        """
        woken = self.woken
        with self._lock:
            call, handler, groups, request = self._parse(method, target, headers, body)
            met = [fault for fault in self._faults if fault.meets(request)]  # each of them counts
            fault = met[0] if met else None
            self._requests.append(replace(request, fault=fault.kind) if fault else request)
        if fault is None:
            return self._handle(call, handler, groups, request), "", 0.0
        if fault.kind == "drop" or (fault.kind == "slow" and woken.wait(fault.seconds)):
            return Answer(), "drop", 0.0
        if fault.kind.isdigit():
            refusal = RefusalError(int(fault.kind), f"{responses[int(fault.kind)]} (arranged)")
            if fault.retry_after is not None:
                refusal.answer.headers["Retry-After"] = str(fault.retry_after)
            return refusal.answer, "", 0.0
        if fault.kind == "stale" and method in ("GET", "HEAD"):
            call.repos = fault.seen
        return self._handle(call, handler, groups, request), fault.kind, fault.seconds

    def _parse(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Call, Handler | None, dict[str, str], Request]:
        url = urlsplit(target)
        query = parse_qs(url.query, keep_blank_values=True)
        origin = "storage" if headers.get("Host", "").startswith("localhost") else "hub"
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        call = Call(
            self,
            method,
            url.path,
            query,
            headers,
            body,
            self.store.users.get(token),
            self.store.repos,
        )
        kind, handler, groups = "unknown", None, {}
        for name, wanted, pattern, function in ROUTES:
            found = pattern.fullmatch(url.path) if method == wanted else None
            if found and (name in STORAGE_KINDS) == (origin == "storage"):
                kind, handler = name, function
                groups = {group: unquote(text) for group, text in found.groupdict().items()}
                break
        self._n += 1
        request = Request(
            n=self._n,
            kind=kind,
            method=method,
            path=unquote(url.path),
            query={name: values for name, values in query.items() if name not in SECRETS},
            repo=groups.get("repo"),
            revision=groups.get("rev"),
            user=call.user.name if call.user else None,
            sent=len(body),
            origin=origin,
            authorization="Authorization" in headers,
            range=headers.get("Range"),
        )
        return call, handler, groups, request

    def _handle(
        self, call: Call, handler: Handler | None, groups: dict[str, str], request: Request
    ) -> Answer:
        try:
            if request.origin == "storage":
                self._check_signature(call, request)
            elif request.authorization and call.user is None:
                raise RefusalError(401, "Invalid credentials in Authorization header")
            if handler is None:
                raise RefusalError(404, "Sorry, we can't find the page you are looking for.")
            with self._lock:
                return handler(call, **groups)
        except RefusalError as refusal:
            return refusal.answer
        except Exception as error:  # in the thread of a connection it would be seen by nobody
            self.failures.append(error)
            return answer({"error": f"{type(error).__name__}: {error}"}, 500)

    def _check_signature(self, call: Call, request: Request) -> None:
        if request.authorization:
            raise RefusalError(
                400, "Only one auth mechanism allowed: the address is signed, and there is a token"
            )
        expires = int(call.query.get("expires", ["0"])[0])
        method = "PUT" if call.method == "PUT" else "GET"
        given = call.query.get("signature", [""])[0]
        if expires < time.time() or not hmac.compare_digest(
            given, self._signature(method, call.path, expires)
        ):
            raise RefusalError(403, "SignatureDoesNotMatch")
