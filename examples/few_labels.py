"""Learn from two series a class, with a body that was trained to be read on few.

    python examples/few_labels.py

The data are Trace, which ships inside tslearn. Eight of its series are learnt, fifty judged. Trace
is easy, so random filters do as well here: docs/few.md says how it is on many data sets.
"""

import numpy as np
from tslearn.datasets import CachedDatasets

import tszoo
from tszoo.evaluation.baselines import baselines

EACH = 2  # series of each class


def main() -> None:
    X_train, y_train, X_test, y_test = CachedDatasets().load_dataset("Trace")
    few = np.concatenate([np.flatnonzero(y_train == label)[:EACH] for label in np.unique(y_train)])
    train = tszoo.Dataset.from_arrays(X_train[few, :, 0], y_train[few])
    test = tszoo.Dataset.from_arrays(X_test[::2, :, 0], y_test[::2])

    model = tszoo.finetune(train, source="inception.universalA", head="ridge")
    untrained = tszoo.finetune(train, source="none", head="ridge", members=1)
    simplest = baselines(test, train)

    print(f"learnt from {train.n_series} series, judged on {test.n_series}")
    print(f"universal body       {tszoo.evaluate(model, test).accuracy:.3f}")
    print(f"random filters       {tszoo.evaluate(untrained, test).accuracy:.3f}")
    print(f"nearest neighbour    {simplest.neighbour.accuracy:.3f}")
    print(f"guess one class      {simplest.majority.accuracy:.3f}")


if __name__ == "__main__":
    main()
