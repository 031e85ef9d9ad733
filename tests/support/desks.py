"""A page without a port, and without processes: jobs are done at once, in this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.errors import TszooError
from tszoo.serving.page import Desk, page_app
from tszoo.serving.page.desktop import Desktop
from tszoo.serving.page.jobs import Job, Jobs, write_job
from tszoo.serving.page.tasks.actions import ACTIONS
from tszoo.serving.page.work import Work
from tszoo.zoo.local import add_model

HERE = "http://127.0.0.1"


class AtOnce(Jobs):
    """Does a job where it is started, as the process would."""

    def start(self, work: Work, action: str, **options: Any) -> None:
        desktop = Desktop(work, Job(action, options))
        write_job(work, desktop.job)
        try:
            ACTIONS[action](desktop, **options)
        except TszooError as error:
            desktop.end("failed", str(error))
        else:
            desktop.end("done")


@contextmanager
def page(**options: Any) -> Iterator[tuple[TestClient, Desk]]:
    """A client of the page that asks as its own pages do, and the desk behind it."""
    with Desk(**options) as desk:
        desk.jobs = AtOnce(2)
        with TestClient(page_app(desk), HERE, headers={"origin": HERE}) as client:
            yield client, desk


def make_small_zoo(folder: Path) -> str:
    """A zoo of networks that learnt nothing, made at once."""
    for seed, (name, length) in enumerate((("Bumps", 40), ("Steps", 24), ("Long", 64))):
        data = replace(make_toy(24, length=length, seed=seed), name=name, split="train")
        add_model(folder, make_model(data, seed=seed))
    return str(folder)


def csv_of(
    n_series: int = 40, labels: tuple[str, ...] = ("a", "b"), *, last: bool = False, seed: int = 0
) -> bytes:
    """Toy series as a CSV file, without a header; the label first or last."""
    toy = make_toy(n_series, n_classes=len(labels), seed=seed)
    lines = []
    for k, series in enumerate(toy.series[:, 0]):
        cells = [f"{value:.5f}" for value in series]
        quoted = '"' + labels[k % len(labels)].replace('"', '""') + '"'
        lines.append(",".join([*cells, quoted] if last else [quoted, *cells]))
    return ("\n".join(lines) + "\n").encode()


def send(client: TestClient, content: bytes, name: str = "mine.csv", to: str = "/works") -> Any:
    """Send a file as the form does."""
    return client.post(to, files={"file": (name, content)}, follow_redirects=True)


def key_of(answer: Any) -> str:
    """The key of the work that an answer is a page of."""
    return str(answer.url).split("/works/")[1].split("/")[0].split("#")[0]
