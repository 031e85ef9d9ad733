"""The server of a SageMaker endpoint."""

from __future__ import annotations

from collections.abc import Callable

from tszoo.serving.sagemaker.base import find_model
from tszoo.serving.sagemaker.layout import Layout


def serve(layout: Layout, say: Callable[[str], None], host: str, port: int) -> None:
    """Answer ``/ping`` and ``/invocations`` until SIGTERM, with the model of the container.

    No token is asked for: SageMaker asks from a network of its own, and nobody else reaches the
    container.

    Raises
    ------
    MissingExtraError
        If the packages of the extra ``serve`` are not there.
    ModelError, OptionError
        If there is no model, or the port cannot be had.
    """
    from tszoo.errors import MissingExtraError

    try:
        from tszoo.serving.app import make_app
        from tszoo.serving.run import listen, run
    except ImportError as error:
        msg = 'serve needs more packages: pip install "tszoo[serve]"'
        raise MissingExtraError(msg) from error
    from tszoo.serving.served import load_served

    place = find_model(layout.model, str(layout.model))
    served = load_served([str(place)], device="auto")
    socket = listen(host, port)
    address = socket.getsockname()[1]
    run(make_app(served), socket, lambda: say(f"serving {place} at http://{host}:{address}"))
