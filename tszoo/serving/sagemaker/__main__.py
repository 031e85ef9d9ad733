"""``python -m tszoo.serving.sagemaker train|serve``."""

from __future__ import annotations

import argparse
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tszoo.errors import DataWarning, TszooError
from tszoo.serving.sagemaker.channels import check_channels
from tszoo.serving.sagemaker.hyperparameters import FILE, HyperParameters
from tszoo.serving.sagemaker.layout import ROOT, Layout
from tszoo.serving.sagemaker.stop import TERMINATED, Stop, stoppable
from tszoo.serving.sagemaker.translate import translated
from tszoo.text import one_line

DONE, FAILED = 0, 1
# where SageMaker asks
HOST, PORT = "0.0.0.0", 8080  # noqa: S104


def main() -> int:
    """Do what SageMaker asks for, and return the exit status."""
    arguments = _parser().parse_args()
    layout = Layout(arguments.root)
    with warnings.catch_warnings(), stoppable() as stop:
        warnings.showwarning = _note
        if arguments.what == "serve":
            return _explained(layout, lambda: _serve(layout, arguments.host, arguments.port))
        return _explained(layout, lambda: _train(layout, stop))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tszoo.serving.sagemaker", description=__doc__)
    parser.add_argument("what", choices=("train", "serve"))
    parser.add_argument("--root", type=Path, default=ROOT, help="in place of %(default)s")
    parser.add_argument("--host", default=HOST, help="of serve")
    parser.add_argument("--port", type=int, default=PORT, help="of serve")
    return parser


def _train(layout: Layout, stop: Stop) -> None:
    # what is wrong here is said before PyTorch is loaded
    asked = HyperParameters.read(layout.config(FILE))
    check_channels(layout)
    from tszoo.serving.sagemaker.train import train

    train(layout, asked, _say, stop)


def _serve(layout: Layout, host: str, port: int) -> None:
    from tszoo.serving.sagemaker.serve import serve

    serve(layout, _say, host, port)


def _explained(layout: Layout, work: Callable[[], None]) -> int:
    """Do some work; where it fails, say why in one line, to people and to SageMaker."""
    try:
        work()
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what is done is kept among the checkpoints, if there are any\n")
        return TERMINATED
    except TszooError as error:
        why = translated(str(error))
    except Exception as error:
        why = f"{type(error).__name__}: {error} ({_place_of(error)})"
    else:
        return DONE
    why = one_line(why)
    sys.stderr.write(f"error: {why}\n")
    with suppress(OSError):  # who serves may write nothing there
        layout.write_failure(why)
    return FAILED


def _place_of(error: Exception) -> str:
    """Say where an error that nobody foresaw was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def _say(line: str) -> None:
    """Write a line of the log at once: SageMaker reads metrics off it while training goes on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _note(message: Warning | str, category: type[Warning], *_where: Any, **_file: Any) -> None:
    """Say what the library warns of about data in one line."""
    if issubclass(category, DataWarning):
        sys.stderr.write(f"note: {message}\n")


if __name__ == "__main__":
    sys.exit(main())
