"""``tszoo calibrate``: how sure a model may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from tszoo.cli.options import Data, Device, ModelName, Output, Overwrite, Reading, ZooOption
from tszoo.cli.output import counting, print_facts, print_json
from tszoo.cli.reading import read_judged
from tszoo.errors import OptionError

if TYPE_CHECKING:
    from tszoo.evaluation.metrics import Evaluation
    from tszoo.models.model import Model
    from tszoo.zoo.place import Place


def calibrate(
    model: ModelName,
    data: Data,
    *,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR",
            help="Put the calibrated model here. (default: MODEL itself)",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    device: Device = "auto",
    reading: Reading,
    zoo: ZooOption = None,
    output: Output,
) -> None:
    """Let a model be as sure as it is right, by labelled data that it has not learnt.

    Probabilities get a temperature, which changes no label, and predict --coverage its scores. Both
    are kept in the model, whose weights stay as they are. Of a folder with two splits, the test
    split is read.

    Example: tszoo calibrate my-model held-back.csv
    """
    from tszoo.evaluation.calibrate import calibrate as calibrated
    from tszoo.evaluation.metrics import evaluate
    from tszoo.models.recalibrate import write_calibration
    from tszoo.models.save import check_target
    from tszoo.zoo.find import locate

    place = locate(model, zoo)
    target = out or _itself(place, model)
    overwrite = overwrite or out is None
    check_target(target.absolute(), overwrite)
    fitted = place.load(device)
    dataset = read_judged(fitted, data, reading)
    with counting("series", quiet=output.is_silent) as progress:
        better = calibrated(fitted, dataset, device=device, progress=progress)
    before, after = (evaluate(version, dataset, device=device) for version in (fitted, better))
    write_calibration(place.folder, better.config.calibration, target, overwrite=overwrite)
    document = _document(target, better, before, after)
    if output.as_json:
        print_json(document)
        return
    _print(document)


def _itself(place: Place, model: str) -> Path:
    """Return the model's own folder; OptionError where it is not the user's to write."""
    from tszoo.storage.layout import CATALOGUE

    in_zoo = (place.folder.parent / CATALOGUE).exists()
    if in_zoo or place.reference is not None:
        msg = f"{model}: a model of a zoo stays as it is. Say where the other is to go: --out DIR."
        raise OptionError(msg)
    return place.folder


def _document(target: Path, model: Model, before: Evaluation, after: Evaluation) -> dict[str, Any]:
    calibration = model.required_calibration()
    return {
        "model": str(target),
        "dataset": before.dataset,
        "n_series": before.n_series,
        "temperature": calibration.temperature,
        "log_loss": {"before": before.log_loss, "after": after.log_loss},
        "calibration_error": {
            "before": before.calibration_error,
            "after": after.calibration_error,
        },
    }


def _print(document: dict[str, Any]) -> None:
    facts: list[tuple[str, object]] = [
        ("data", f"{document['dataset']}, {document['n_series']} series"),
        ("temperature", f"{document['temperature']:.3g}"),
    ]
    for key in ("log_loss", "calibration_error"):
        figures = document[key]
        words = f"{figures['after']:.4f}, was {figures['before']:.4f}, on these series"
        facts.append((key.replace("_", " "), words))
    facts.append(("saved", document["model"]))
    print_facts(facts)
