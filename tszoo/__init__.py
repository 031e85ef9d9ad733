"""tszoo: pretrained models and transfer learning for time series classification.

>>> import tszoo
>>> target = tszoo.load_dataset("my.csv")                      # doctest: +SKIP
>>> plan = tszoo.make_plan(target)                             # doctest: +SKIP
>>> print(plan)                                                # doctest: +SKIP
>>> model = plan.fit(target)                                   # doctest: +SKIP
>>> model.predict(X)                                           # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tszoo.forks import one_thread_in_forked_children

if TYPE_CHECKING:
    from tszoo import errors as errors
    from tszoo import similarity as similarity
    from tszoo.data.dataset import Dataset as Dataset
    from tszoo.data.load import load_dataset as load_dataset
    from tszoo.errors import TszooError as TszooError
    from tszoo.estimator import TransferClassifier as TransferClassifier
    from tszoo.estimator import TransferFeatures as TransferFeatures
    from tszoo.evaluation.calibrate import calibrate as calibrate
    from tszoo.evaluation.metrics import evaluate as evaluate
    from tszoo.models.model import Model as Model
    from tszoo.recommendation.advice import recommend as recommend
    from tszoo.study.sweep import sweep as sweep
    from tszoo.training.recipe import Recipe as Recipe
    from tszoo.training.run import Run as Run
    from tszoo.transfer.finetune import finetune as finetune
    from tszoo.transfer.plan import Plan as Plan
    from tszoo.transfer.planning import make_plan as make_plan
    from tszoo.transfer.pretrain import pretrain as pretrain
    from tszoo.transfer.universal import pretrain_universal as pretrain_universal
    from tszoo.zoo.create import create_model as create_model
    from tszoo.zoo.create import list_models as list_models
    from tszoo.zoo.zoo import Zoo as Zoo

__version__ = "0.1.0"

one_thread_in_forked_children()

# Import is cheap: a name's module is loaded when the name is first used.
_HOMES = {
    "Dataset": "tszoo.data.dataset",
    "Model": "tszoo.models.model",
    "Plan": "tszoo.transfer.plan",
    "Recipe": "tszoo.training.recipe",
    "Run": "tszoo.training.run",
    "TransferClassifier": "tszoo.estimator",
    "TransferFeatures": "tszoo.estimator",
    "TszooError": "tszoo.errors",
    "Zoo": "tszoo.zoo.zoo",
    "calibrate": "tszoo.evaluation.calibrate",
    "create_model": "tszoo.zoo.create",
    "evaluate": "tszoo.evaluation.metrics",
    "finetune": "tszoo.transfer.finetune",
    "list_models": "tszoo.zoo.create",
    "load_dataset": "tszoo.data.load",
    "make_plan": "tszoo.transfer.planning",
    "pretrain": "tszoo.transfer.pretrain",
    "pretrain_universal": "tszoo.transfer.universal",
    "recommend": "tszoo.recommendation.advice",
    "sweep": "tszoo.study.sweep",
}
_ROOMS = ("errors", "similarity")

__all__ = [*_HOMES, *_ROOMS, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return import_module(f"tszoo.{name}")
    msg = f"module 'tszoo' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
