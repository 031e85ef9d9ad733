"""What is written down of a model.

Its data, its base, how it was fitted, how that went, what it reaches.

Each record is a frozen dataclass that checks itself, so a record from a file and one from a
training run are equally sound. ``to_dict`` gives JSON values and leaves out what is not known;
``from_dict`` reads them back and refuses anything else with a ModelError that names the field.
"""

from tszoo.models.record.base import Base
from tszoo.models.record.calibration import Calibration
from tszoo.models.record.episodic import EpisodicRecord
from tszoo.models.record.recipe import ModelRecipe, ReadoutRecipe, TrainingRecipe
from tszoo.models.record.results import PartResults, Published, Results
from tszoo.models.record.simplest import Simplest
from tszoo.models.record.trained_on import TrainedOn, TrainedPart, count_series, parts_from_list
from tszoo.models.record.training import TrainingRecord, Validation
from tszoo.models.record.validated import Validated

__all__ = [
    "Base",
    "Calibration",
    "EpisodicRecord",
    "ModelRecipe",
    "PartResults",
    "Published",
    "ReadoutRecipe",
    "Results",
    "Simplest",
    "TrainedOn",
    "TrainedPart",
    "TrainingRecipe",
    "TrainingRecord",
    "Validated",
    "Validation",
    "count_series",
    "parts_from_list",
]
