"""Read time series, hold them as data sets, prepare them for a network."""

from tszoo.data.dataset import Dataset, Label
from tszoo.data.load import load_dataset
from tszoo.data.preprocess import Preprocessing, choose_preprocessing, prepare
from tszoo.data.writers import save_dataset

__all__ = [
    "Dataset",
    "Label",
    "Preprocessing",
    "choose_preprocessing",
    "load_dataset",
    "prepare",
    "save_dataset",
]
