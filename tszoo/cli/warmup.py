"""``tszoo warmup``: compile what later commands would wait for."""

from __future__ import annotations

import time

import typer

from tszoo.cli.options import Json
from tszoo.cli.output import print_json


def warmup(*, as_json: Json = False) -> None:
    """Compile all kernels, and keep them, so that no later command waits for that.

    Example: tszoo warmup
    """
    from tszoo.transfer.warm import warm_up

    started = time.perf_counter()
    n_kernels = warm_up()
    seconds = time.perf_counter() - started
    if as_json:
        print_json({"kernels": n_kernels, "seconds": round(seconds, 1)})
        return
    typer.echo(f"{n_kernels} kernels are ready, {seconds:.0f} s")
