"""The process that does trials for another one, which ``local`` starts.

It is asked which trial to do, and answers with what came out; see ``tszoo.training.service``.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tszoo.study.hand_over import take_over
from tszoo.study.perform import perform
from tszoo.study.trial import Trial
from tszoo.training.pipe import send
from tszoo.training.service import Orders, serve


def main(folder: str) -> None:
    """Do trials as long as there are some to do."""
    serve(folder, _work)


def _work(folder: Path, orders: Orders, answers: BinaryIO) -> None:
    order = take_over(folder)
    send(answers, {"kind": "ready"})
    while True:
        trial = Trial(**orders.get().facts["trial"])
        done = perform(trial, order.conditions, order.sets[trial.dataset])
        send(answers, {"kind": "done", **done.to_dict()})
