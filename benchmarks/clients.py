"""Clients that ask a server over HTTP, many at a time, and how long they wait."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Waited:
    """What clients came to.

    Attributes
    ----------
    seconds : list of float
        How long each answer took.
    lost : int
        Requests without an answer, or with a wrong one.
    lasted : float
        Seconds from the first request to the last answer.
    """

    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    lasted: float = 0.0

    def row(self) -> dict[str, str]:
        p50, p95, p99, most = 1000 * np.percentile(self.seconds or [np.nan], (50, 95, 99, 100))
        return {
            "requests": str(len(self.seconds)),
            "lost": str(self.lost),
            "a second": f"{len(self.seconds) / self.lasted:.1f}",
            "p50 ms": f"{p50:.0f}",
            "p95 ms": f"{p95:.0f}",
            "p99 ms": f"{p99:.0f}",
            "most ms": f"{most:.0f}",
        }


def ask(port: int, bodies: list[bytes], answers: list[bytes], n: int, seconds: float) -> Waited:
    """Let ``n`` clients ask for some seconds, each as soon as it has its answer."""
    return asyncio.run(_ask(port, bodies, answers, n, seconds))


async def _ask(
    port: int, bodies: list[bytes], answers: list[bytes], n: int, seconds: float
) -> Waited:
    waited = Waited()
    start = time.perf_counter()
    clients = [_client(port, bodies, answers, k, start + seconds, waited) for k in range(n)]
    await asyncio.gather(*clients)
    waited.lasted = time.perf_counter() - start
    return waited


async def _client(
    port: int, bodies: list[bytes], answers: list[bytes], k: int, end: float, waited: Waited
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        at = k % len(bodies)
        start = time.perf_counter()
        try:
            status, answer = await post(reader, writer, bodies[at])
        except (OSError, asyncio.IncompleteReadError):
            waited.lost += 1
            return
        if status == 200 and answer == answers[at]:
            waited.seconds.append(time.perf_counter() - start)
        else:
            waited.lost += 1
        k += 1
    writer.close()
    await writer.wait_closed()


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes
) -> tuple[int, bytes]:
    """Send a CSV and read the answer: its status and its body."""
    head = f"POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Content-Type: text/csv; label_size=0\r\n\r\n".encode() + body)
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), await reader.readexactly(int(headers["content-length"]))
