"""Write the Trace data set, which ships inside tslearn, as a UCR folder: save_trace.py FOLDER."""

import sys
from pathlib import Path

from tslearn.datasets import CachedDatasets

from tszoo.data import Dataset, save_dataset

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
X_train, y_train, X_test, y_test = CachedDatasets().load_dataset("Trace")
for split, X, y in (("TRAIN", X_train, y_train), ("TEST", X_test, y_test)):
    dataset = Dataset.from_arrays(X[:, :, 0], y, name="Trace")
    save_dataset(dataset, folder / f"Trace_{split}.tsv")
