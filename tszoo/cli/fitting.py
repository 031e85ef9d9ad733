"""What ``tszoo finetune`` and ``tszoo pretrain`` share."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tszoo.errors import DataError, OptionError, TrainingError

if TYPE_CHECKING:
    from tszoo.data import Dataset


@dataclass(frozen=True)
class Reading:
    """How data sets are read: the options of that name."""

    archive: Path | None
    label_column: str
    unequal: bool | None
    split: str | None = None

    def train(self, reference: str) -> Dataset:
        """Read the series to learn from."""
        from tszoo.data.load import load_dataset

        return load_dataset(
            reference,
            split=self.split,
            label_column=self.label_column,
            unequal=self.unequal,
            archive=self.archive,
        )

    def test(self, reference: str) -> Dataset | None:
        """Read the test split beside them, if there is one and it is not what is learnt from."""
        from tszoo.data.load import load_test_split

        if self.split == "test":
            return None
        return load_test_split(
            reference, label_column=self.label_column, unequal=self.unequal, archive=self.archive
        )

    def validated(
        self, reference: str, validation: str | None, seed: int
    ) -> tuple[Dataset, Dataset | None]:
        """Read the series to learn from, and those to watch the training by.

        Raises
        ------
        DataError
            If data cannot be used or held out, or the series to watch by are those to learn from.
        OptionError
            If ``validation`` makes no sense.
        """
        from dataclasses import replace

        from tszoo.data.holdout import hold_out, parse_validation

        train = self.train(reference)
        if validation is None:
            return train, None
        rule = parse_validation(validation)
        if rule is not None:
            return hold_out(train, rule, seed)
        # as the training series were read: what is behind the shorter ones of these is padding too
        held = replace(self, split=None, unequal=True if train.is_unequal else self.unequal).train(
            validation
        )
        if held.sha256 == train.sha256:
            msg = (
                f"--validation {validation}: these are the series to train on. Hold some out, such "
                "as 0.2 of them."
            )
            raise DataError(msg)
        return train, held


def read_settings(settings: list[str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell a recipe's hyper-parameters from a network's, which checks its own."""
    from dataclasses import fields

    from tszoo.training.recipe import Recipe

    known = {field.name for field in fields(Recipe)}
    recipe: dict[str, Any] = {}
    network: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, text = setting.partition("=")
        if not (key and equals and text):
            msg = f"--set {setting}: expected KEY=VALUE, such as patience=20."
            raise OptionError(msg)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        (recipe if key in known else network)[key] = value
    return recipe, network


def say_what_is_replaced(kept: Path, resume: bool) -> None:
    """Tell of an interrupted run that is not gone on with, and whose files go when training begins."""
    from tszoo.training.run_folder import holds_run

    if not resume and holds_run(kept):
        typer.echo(
            f"starting anew: the interrupted run in {kept} is replaced (--resume goes on with it)",
            err=True,
        )


def clear_away(kept: Path) -> None:
    """Remove what a run kept, now that its model is whole, and its folder if nothing else is in it."""
    from tszoo.training.run_folder import forget_run

    try:
        forget_run(kept)
    except TrainingError as error:  # the model is there all the same
        typer.echo(str(error), err=True)
    with suppress(OSError):  # it may never have come to be, or hold something that is not ours
        kept.rmdir()
