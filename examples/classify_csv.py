"""Classify a CSV: fit a model to labelled series, judge it, and label new ones.

    python examples/classify_csv.py

The data are Trace, which ships inside tslearn: signals of a power plant, with four kinds of events.
Put your own file in place of "train.csv": a series a row, the label first.
"""

from tslearn.datasets import CachedDatasets

import tszoo
from tszoo.data import Dataset, save_dataset


def write_files() -> None:
    """Write Trace as three tables: to learn from, to judge by, and without labels."""
    X_train, y_train, X_test, y_test = CachedDatasets().load_dataset("Trace")
    save_dataset(Dataset.from_arrays(X_train[:50, :, 0], y_train[:50]), "train.csv")
    save_dataset(Dataset.from_arrays(X_test[:50, :, 0], y_test[:50]), "test.csv")
    save_dataset(Dataset.from_arrays(X_test[:5, :, 0]), "new.csv")


def main() -> None:
    write_files()
    train = tszoo.load_dataset("train.csv")
    print(train)

    # one pretrained network, left as it is, and a classifier computed on what it sees: seconds
    model = tszoo.finetune(train, source="inception.universalA", head="ridge")

    scores = tszoo.evaluate(model, tszoo.load_dataset("test.csv"))
    print(f"right on {scores.accuracy:.1%} of {len(scores.labels)} new series")

    print("five new series:", *model.predict(tszoo.load_dataset("new.csv", label_column="none")))
    model.save("my-model", overwrite=True)


if __name__ == "__main__":
    main()
