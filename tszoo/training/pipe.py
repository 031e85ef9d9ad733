"""Messages between two processes: a JSON object on a line, and the bytes that it announces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple


class Message(NamedTuple):
    """What came through a pipe.

    Attributes
    ----------
    facts : dict
        JSON values; ``"kind"`` says what it is.
    payload : bytes
        What followed them.
    """

    facts: dict[str, Any]
    payload: bytes = b""

    @property
    def kind(self) -> str:
        """What the message is."""
        return str(self.facts["kind"])


def send(pipe: BinaryIO, facts: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write a message; OSError if nobody reads the pipe any more."""
    line = json.dumps({**facts, "bytes": len(payload)}).encode("ascii")
    pipe.write(line + b"\n" + payload)
    pipe.flush()


def receive(pipe: BinaryIO) -> Message | None:
    """Read a message; None where the pipe has ended, in the middle of one, too."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    facts = json.loads(line)
    payload = pipe.read(facts["bytes"])
    if len(payload) < facts["bytes"]:
        return None
    return Message(facts, payload)
