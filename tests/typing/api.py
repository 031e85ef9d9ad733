"""The public API as a type checker sees it. mypy reads this file; nothing runs it.

Each function is a thing that people write. If a signature changes so that their code no longer
checks, `scripts/check` says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import tszoo
from tszoo.evaluation.metrics import Evaluation
from tszoo.nets.network import Network
from tszoo.recommendation.recommendation import Recommendation
from tszoo.study import Design, Study
from tszoo.training.epoch import EpochReport


def data(X: NDArray[np.float32], y: list[str]) -> None:
    assert_type(tszoo.load_dataset("my.csv"), tszoo.Dataset)
    assert_type(tszoo.load_dataset(Path("my.csv"), label_column="none"), tszoo.Dataset)
    target = tszoo.Dataset.from_arrays(X, y, name="mine")
    assert_type(target, tszoo.Dataset)
    assert_type(tszoo.Dataset.from_arrays([X[0], X[1, :, :5]]), tszoo.Dataset)
    assert_type(len(target), int)
    assert_type(target.n_classes, int)


def recommend(target: tszoo.Dataset) -> None:
    ranking = tszoo.recommend(target, top=5)
    assert_type(ranking, list[Recommendation])
    assert_type(tszoo.recommend(target, method="dtw"), list[Recommendation])
    assert_type(ranking[0].model, str)
    assert_type(ranking[0].score, float | None)
    assert_type(ranking[0].why, str | None)


def plan_and_fit(target: tszoo.Dataset) -> None:
    plan = tszoo.make_plan(target, source="auto")
    assert_type(plan, tszoo.Plan)
    assert_type(plan.to_json(), str)
    assert_type(tszoo.Plan.from_json(plan.to_json()), tszoo.Plan)
    assert_type(plan.fit(target), tszoo.Model)
    run = tszoo.Run(
        device="cpu",
        precision="float32",
        folder=Path("run"),
        resume=True,
        checkpoint_seconds=30.0,
        watchers=(),
        validation=target,
        side_by_side=2,
        progress=None,
        cache=Path("cache"),
        jobs=2,
    )
    assert_type(plan.fit(target, test=target, run=run), tszoo.Model)
    assert_type(tszoo.finetune(target, class_weight={"a": 2.0}, callbacks=[watch]), tszoo.Model)


def watch(member: int, report: EpochReport, network: Network) -> None:
    assert_type(report.validation_loss, float | None)


def how_sure(model: tszoo.Model, target: tszoo.Dataset, X: NDArray[np.float32]) -> None:
    assert_type(tszoo.calibrate(model, target), tszoo.Model)
    assert_type(model.predict_set(X, coverage=0.9), NDArray[np.bool_])
    assert_type(tszoo.evaluate(model, target).calibration_error, float)
    assert_type(tszoo.TransferFeatures("m").fit(X).transform(X), NDArray[np.float32])


def sweep(target: tszoo.Dataset) -> None:
    study = tszoo.sweep(target, {"depth": [3, 6]}, out="runs", design=Design(repeats=2))
    assert_type(study, Study)
    assert_type(study.fit_best(), tszoo.Model)


def finetune(target: tszoo.Dataset, source: tszoo.Model) -> None:
    assert_type(tszoo.finetune(target), tszoo.Model)
    for name in ("auto", "nearest", "nearest:2", "inception.GunPoint", "none"):
        assert_type(tszoo.finetune(target, source=name), tszoo.Model)
    assert_type(tszoo.finetune(target, source=source), tszoo.Model)
    assert_type(tszoo.finetune(target, source=Path("my-model")), tszoo.Model)
    assert_type(tszoo.pretrain(target), tszoo.Model)


def model(target: tszoo.Dataset, X: NDArray[np.float32]) -> None:
    model = tszoo.Model.load("inception.GunPoint")
    assert_type(model, tszoo.Model)
    assert_type(model.predict(X), NDArray[Any])
    assert_type(model.predict([X[0], X[1]]), NDArray[Any])
    assert_type(model.predict_proba(X), NDArray[np.float64])
    assert_type(model.predict_proba(target), NDArray[np.float64])
    model.save("out")
    model.save(Path("out"), overwrite=True)
    model.publish("ORG/NAME")
    scores = tszoo.evaluate(model, target)
    assert_type(scores, Evaluation)
    assert_type(scores.accuracy, float)
    assert_type(scores.confusion, NDArray[np.int64])


def zoo(model: tszoo.Model) -> None:
    zoo = tszoo.Zoo()
    assert_type(zoo.load("inception.GunPoint"), tszoo.Model)
    for entry in zoo.models:
        assert_type(entry.name, str)
    zoo.prototypes("inception.GunPoint")
    mine = tszoo.Zoo("my-zoo")
    mine.add(model)


def scikit_learn(X: NDArray[np.float32], y: list[str]) -> None:
    classifier = tszoo.TransferClassifier(
        source="auto", network={"depth": 3}, recipe={"epochs": 5}, run=tszoo.Run(device="cpu")
    )
    assert_type(classifier.fit(X, y), tszoo.TransferClassifier)
    assert_type(classifier.predict(X), NDArray[Any])
    assert_type(classifier.fit(X, y).model_, tszoo.Model)


def distances(X: NDArray[np.float64], target: tszoo.Dataset) -> None:
    assert_type(tszoo.similarity.dtw(X[0], X[1]), float)
    assert_type(tszoo.similarity.cdist_dtw(X, window=3), NDArray[np.float64])
    assert_type(tszoo.similarity.compute_prototypes(target), tszoo.similarity.Prototypes)


def errors() -> str:
    try:
        tszoo.load_dataset("my.csv")
    except tszoo.errors.DataError as error:
        return str(error)
    except tszoo.TszooError as error:
        return str(error)
    return tszoo.__version__
