"""What a model is said to reach, and whether it does.

Nothing is published that does not load back as its card says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tszoo.data.load import load_dataset
from tszoo.errors import DataError, ModelError
from tszoo.evaluation.metrics import evaluate
from tszoo.models.card.metadata import accuracies
from tszoo.models.config import ModelConfig
from tszoo.models.model import Model
from tszoo.text import printable, show

if TYPE_CHECKING:
    from huggingface_hub import CardData, EvalResult

# accuracies stand on cards as they were computed; four digits are what a person would copy
CLAIM_TOLERANCE = 5e-5
# Weights are kept rounded and devices round differently: a series or two on the border may change
# sides.
SERIES_TOLERANCE = 2


def check_card(text: str, config: ModelConfig, where: str, advice: str) -> None:
    """Raise ModelError if a card claims an accuracy that the model's config does not have.

    Parameters
    ----------
    text : str
        The card, with its metadata.
    config : ModelConfig
    where, advice : str
        What the error calls the card, and says that one should do.
    """
    results: list[EvalResult] = _metadata(text, where, advice).get("eval_results") or []
    reached = {printable(name): accuracy for name, accuracy in accuracies(config).items()}
    for result in results:
        if result.metric_type != "accuracy":
            continue
        expected, value = reached.get(result.dataset_name), result.metric_value
        if not _agrees(value, expected):
            has = "none"
            if expected is not None:
                has = f"{expected:.4f}"
            msg = (
                f"{where}: claims an accuracy of {show(value)} on {show(result.dataset_name)}, the "
                f"config has {has}. {advice}"
            )
            raise ModelError(msg)


def check_license(text: str, license_id: str | None, where: str, advice: str) -> None:
    """Raise ModelError if a card that a person edited has another licence than was asked for.

    ``where`` and ``advice`` are those of ``check_card``. Nothing is asked for by None.
    """
    if license_id is None:
        return
    stated = _metadata(text, where, advice).get("license")
    if stated != license_id:
        msg = (
            f"{where}: was edited, and its licence is {show(stated)}, not license={license_id!r}. "
            f"{advice}"
        )
        raise ModelError(msg)


def _metadata(text: str, where: str, advice: str) -> CardData:
    """Read the metadata of a card; ModelError if they cannot be read."""
    from huggingface_hub import ModelCard

    try:
        return ModelCard(text).data
    except Exception as error:  # the client takes metadata to be what they should be
        msg = f"{where}: its metadata cannot be read ({show(str(error))}). {advice}"
        raise ModelError(msg) from error


def _agrees(value: object, expected: float | None) -> bool:
    """Whether a claimed value is the accuracy that a config has."""
    if expected is None or not isinstance(value, float):
        return False
    return abs(value - expected) <= CLAIM_TOLERANCE


def verify(model: Model, archive: Path) -> float | None:
    """Evaluate a model again on the split that its accuracy was measured on.

    Parameters
    ----------
    model : Model
    archive : Path
        Folder of data set folders.

    Returns
    -------
    float or None
        The accuracy that was reached; None where there is nothing to compare: the model claims
        none, or learnt several data sets at once.

    Raises
    ------
    DataError
        If the archive has no such data set, or its training series are not those that the model
        learnt.
    ModelError
        If the accuracy differs from the claim by more than two series.
    """
    config = model.config
    claimed = config.results.accuracy
    if claimed is None or config.trained_on.parts:
        return None
    name = config.trained_on.dataset
    train = load_dataset(name, split="train", unequal=config.preprocessing.unequal, archive=archive)
    if train.sha256 != config.trained_on.sha256:
        msg = (
            f"{archive}: its {name} is not the {name} that {config.name} learnt; the training "
            "series differ."
        )
        raise DataError(msg)
    split = config.results.split or "test"
    test = load_dataset(name, split=split, unequal=config.preprocessing.unequal, archive=archive)
    reached = evaluate(model, test).accuracy
    if abs(reached - claimed) * test.n_series > SERIES_TOLERANCE + 1e-6:
        msg = (
            f"{config.name}: reaches an accuracy of {reached:.4f} on {name} ({split} split), its "
            f"card claims {claimed:.4f}. It is not published; train it again, or correct its "
            "config."
        )
        raise ModelError(msg)
    return reached
