"""The series of a training job: those to learn from, and those to watch it by."""

from __future__ import annotations

from tszoo.data.dataset import Dataset
from tszoo.data.holdout import hold_out, parse_validation
from tszoo.data.table_reading import Like
from tszoo.errors import DataError, OptionError
from tszoo.models.model import Model
from tszoo.serving.sagemaker.channels import TRAINING, VALIDATION, read_channel
from tszoo.serving.sagemaker.hyperparameters import HyperParameters
from tszoo.serving.sagemaker.layout import Layout


def described(data: Dataset) -> str:
    """Say in a few words what a data set is."""
    return (
        f"{data.n_series} series of {data.name}, {data.n_classes} classes, {data.n_channels} "
        f"channel(s), length {data.length}"
    )


def read_series(
    layout: Layout, asked: HyperParameters, base: Model | None
) -> tuple[Dataset, Dataset | None]:
    """Read the series to learn from, and those to watch the training by, if there are some.

    Raises
    ------
    DataError, OptionError
        If they cannot be read or held out, or are the same.
    """
    like = None if base is None else base.config.like
    target = read_channel(layout, TRAINING, unequal=asked["unequal"], like=like)
    has_channel = layout.channel(VALIDATION).is_dir()
    if asked["validation"] is not None:
        if has_channel:
            msg = (
                f"validation={asked['validation']}: there is a channel {VALIDATION}, too. Leave "
                "out one of them."
            )
            raise OptionError(msg)
        rule = parse_validation(asked["validation"])
        assert rule is not None  # noqa: S101 - as hyper-parameters are read
        return hold_out(target, rule, asked["seed"])
    if not has_channel:
        return target, None
    unequal = True if target.is_unequal else asked["unequal"]
    like = Like(target.reading)
    validation = read_channel(layout, VALIDATION, unequal=unequal, like=like)
    if validation.sha256 == target.sha256:
        msg = f"channel {VALIDATION}: these are the series of the channel {TRAINING}."
        raise DataError(msg)
    return target, validation
