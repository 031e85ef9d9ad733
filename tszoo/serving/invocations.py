"""``POST /invocations``: series in, labels out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tszoo.data.dataset import Dataset
from tszoo.models.answers import Answers, Row, names_of
from tszoo.serving.asked import form_of
from tszoo.serving.batcher import Batcher
from tszoo.serving.bodies import read_body
from tszoo.serving.faults import Refused
from tszoo.serving.media import MediaType, parse_type
from tszoo.serving.metrics import Metrics
from tszoo.serving.pieces import pieces
from tszoo.serving.served import Served, choose
from tszoo.serving.settings import Settings
from tszoo.serving.spelled import spell
from tszoo.serving.upload import FORM, uploaded

# What names a model where an address cannot be changed.
MODEL_HEADER = "x-tszoo-model"


class Invocations:
    """Answers what models say of the series in a request's body."""

    def __init__(
        self, models: Sequence[Served], settings: Settings, batcher: Batcher, metrics: Metrics
    ) -> None:
        self.models, self.settings = models, settings
        self.batcher, self.metrics = batcher, metrics
        self.n_waiting = 0

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        name = request.query_params.get("model") or request.headers.get(MODEL_HEADER)
        served = choose(self.models, name)
        sent = parse_type(request.headers.get("content-type", ""))
        _refuse_packed(request)
        form = form_of(request.headers.get("accept"), sent)
        answers = Answers.of(served.model, form.asked)
        with self._place():
            content, sent = await self._body(request, sent)
            rows = [row async for row in self._rows(served, content, sent)]
            text = await run_in_threadpool(spell, served.name, rows, answers, form)
        return Response(text, media_type=form.media_type)

    async def _rows(self, served: Served, content: bytes, sent: MediaType) -> AsyncIterator[Row]:
        """Compute a row for each series, a part of the body at a time."""
        first = 0
        async for dataset in self._parts(served, content, sent):
            answer = self.batcher.submit(served, dataset)
            probabilities = await asyncio.wrap_future(answer)
            for i, (names, row) in enumerate(zip(names_of(dataset), probabilities, strict=True)):
                yield Row(first + i, names, row)
            first += dataset.n_series

    async def _parts(
        self, served: Served, content: bytes, sent: MediaType
    ) -> AsyncIterator[Dataset]:
        """Read a body beside the event loop, in pieces that go into one forward pass."""
        chunks = read_body(content, sent, served.model.config)
        async for dataset in iterate_in_threadpool(pieces(chunks, self.settings.max_series)):
            yield dataset

    async def _body(self, request: Request, sent: MediaType) -> tuple[bytes, MediaType]:
        """Read the body, whose size is bounded, and what it is.

        Refused, 408, if it does not come to an end.
        """
        reading = uploaded(request) if sent.name == FORM else _as_sent(request, sent)
        try:
            return await asyncio.wait_for(reading, self.settings.body_seconds)
        except asyncio.TimeoutError:
            msg = f"body: not all there after {self.settings.body_seconds:g} seconds."
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, msg) from None

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take a place among those that wait; Refused, 503, if there is none."""
        if self.n_waiting >= self.settings.max_waiting:
            msg = f"{self.n_waiting} requests wait already. Try again in a moment."
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, msg)
        self.n_waiting += 1
        self.metrics.waiting.set(self.n_waiting)
        try:
            yield
        finally:
            self.n_waiting -= 1
            self.metrics.waiting.set(self.n_waiting)


async def _as_sent(request: Request, sent: MediaType) -> tuple[bytes, MediaType]:
    return await request.body(), sent


def _refuse_packed(request: Request) -> None:
    """Refuse a body that would have to be unpacked: nobody knows how large it gets."""
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        msg = f"Content-Encoding: {packed[:40]}: send the body as it is."
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, msg)
