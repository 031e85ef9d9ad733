"""The errors tszoo raises on purpose.

TszooError            anything a user can cause and mend; the CLI prints it as one line
├── DataError         a file, a folder or an array that is not a usable data set (also a ValueError)
├── ModelError        a model folder, a config or weights that cannot be trusted or used
├── ZooError          a zoo that cannot be read or written, or a name that it does not hold
├── TrainingError     a training run that cannot start, go on or be resumed
├── OptionError       an argument or option whose value makes no sense (also a ValueError)
└── MissingExtraError an optional dependency that is not installed (also an ImportError)
"""

from __future__ import annotations

from tszoo.text import one_line

__all__ = [
    "DataError",
    "DataWarning",
    "MissingExtraError",
    "ModelError",
    "OptionError",
    "TrainingError",
    "TszooError",
    "ZooError",
]


class TszooError(Exception):
    """Base of every error that tszoo raises on purpose.

    Its text is one line: names and labels may come from any file, so control characters are spelled
    out.
    """

    def __str__(self) -> str:
        return one_line(super().__str__())


class DataError(TszooError, ValueError):
    """Data that cannot be used as given."""


class ModelError(TszooError):
    """A model folder, config or set of weights that is broken or does not fit."""


class ZooError(TszooError):
    """A zoo that cannot be read or written, or a model that it does not hold."""


class TrainingError(TszooError):
    """A training run that cannot start, go on or be resumed."""


class OptionError(TszooError, ValueError):
    """An argument or option with a value that makes no sense."""


class MissingExtraError(TszooError, ImportError):
    """An optional dependency that is not installed."""


class DataWarning(UserWarning):
    """Data can be used, and may not be what they are taken for."""

    def __str__(self) -> str:
        return one_line(super().__str__())
