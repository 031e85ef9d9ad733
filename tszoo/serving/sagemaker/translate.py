"""Library errors name Python's parameters; here they are to name hyper-parameters."""

from __future__ import annotations

import re

_CALLED = {
    "members": "models",
    "learning_rate": "lr",
    "batch_size": "batch-size",
    "class_weight": "balance",
}
_CHANGE = re.compile(r"recipe=\{'([a-z_]+)': \.\.\.\}")


def translated(message: str) -> str:
    """Call hyper-parameters in an error of the library by the names that they have here."""
    message = message.replace("keep_head=True", "the channel model")
    message = _CHANGE.sub(lambda match: _CALLED.get(match[1], match[1]), message)
    for name, called in _CALLED.items():
        message = re.sub(rf"\b{name}\b(?==| must)", called, message)
    return message
