"""The process that trains members for another one, which ``processes`` starts.

It is asked which members to train, and answers after every epoch, when members are done, and when
something is wrong; see ``service``.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO

import torch

from tszoo.errors import TrainingError, TszooError
from tszoo.nets.described import described_network
from tszoo.nets.network import Network
from tszoo.training.epoch import EpochReport
from tszoo.training.handover import Order, load_packed, packed_networks, take_over
from tszoo.training.members import train_group
from tszoo.training.pipe import Message, send
from tszoo.training.service import Orders, serve

# How PyTorch's and Python's errors say on a CPU that there is no memory left.
_OUT_OF_MEMORY = ("allocate memory", "not enough memory", "Cannot allocate memory")


def main(folder: str) -> None:
    """Train members as long as there are some to train."""
    serve(folder, _work)


def _work(folder: Path, orders: Orders, answers: BinaryIO) -> None:
    logging.getLogger("tszoo").addHandler(_Passing(answers))
    logging.getLogger("tszoo").propagate = False
    order = take_over(folder)
    send(answers, {"kind": "ready"})
    while True:
        asked = orders.get()
        order = order.on(torch.device(asked.facts["device"]))
        _answer(order, asked, orders, answers)


def _answer(order: Order, asked: Message, orders: Orders, answers: BinaryIO) -> None:
    """Train the members that are asked for, and send them back, or say why not."""
    payload = b""
    message: Mapping[str, object]
    try:
        message, payload = _train(order, asked, _Telling(order, orders, answers))
    except KeyboardInterrupt:
        message = {"kind": "stopped"}
    except TszooError as error:
        message = _failed(type(error).__name__, str(error))
    except Exception as error:
        message = _failed("", traceback.format_exc())
        if _is_out_of_memory(error):
            message = _failed(TrainingError.__name__, OUT_OF_MEMORY)
    send(answers, message, payload)


OUT_OF_MEMORY = (
    "memory ran out while members were trained in several processes. Try jobs=1, or "
    "a smaller batch: recipe={'batch_size': ...}."
)


def _failed(error: str, text: str) -> dict[str, str]:
    return {"kind": "failed", "error": error, "text": text}


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    return any(words in str(error) for words in _OUT_OF_MEMORY)


def _train(order: Order, asked: Message, telling: _Telling) -> tuple[dict[str, object], bytes]:
    """Train a group of members; give the answer with their weights."""
    numbers = asked.facts["numbers"]
    networks = [described_network(description) for description in asked.facts["networks"]]
    load_packed(numbers, networks, asked.payload)
    where = order.job.device
    networks = [network.to(where, memory_format=torch.channels_last) for network in networks]  # type: ignore[call-overload]
    audience = replace(order.audience, watchers=[telling], numbers=numbers)
    histories = train_group(networks, order.sets, order.job, audience)
    done = {str(k): asdict(history) for k, history in histories.items()}
    return {"kind": "done", "histories": done}, packed_networks(numbers, networks)


class _Telling:
    """A watcher that tells the process that asks, and waits until it says to go on or to stop."""

    def __init__(self, order: Order, orders: Orders, answers: BinaryIO) -> None:
        self.order, self.orders, self.answers = order, orders, answers

    def __call__(self, member: int, report: EpochReport, network: Network) -> None:
        payload = b""
        if self.order.sends_networks:
            payload = packed_networks([member], [network])
        facts = {"kind": "epoch", "member": member, "report": asdict(report)}
        send(self.answers, facts, payload)
        if self.orders.get().kind == "stop":
            raise KeyboardInterrupt


class _Passing(logging.Handler):
    """Passes what is logged to the process that asks."""

    def __init__(self, answers: BinaryIO) -> None:
        super().__init__()
        self.answers = answers

    def emit(self, record: logging.LogRecord) -> None:
        """Send a message."""
        facts = {"logger": record.name, "level": record.levelno, "text": record.getMessage()}
        send(self.answers, {"kind": "log", **facts})
