"""Put a pretrained body into a pipeline of scikit-learn, before any classifier of yours.

    python examples/sklearn_pipeline.py

The data are Trace, which ships inside tslearn.
"""

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tslearn.datasets import CachedDatasets

from tszoo import TransferFeatures


def main() -> None:
    X, y, X_test, y_test = CachedDatasets().load_dataset("Trace")
    X, y = X[:60, :, 0], y[:60]  # (n_series, length)
    X_test, y_test = X_test[:40, :, 0], y_test[:40]

    # the body is frozen, so its features are computed once, and not again in every fold
    body = TransferFeatures("inception.universalA").fit(X)
    features = body.transform(X)
    print("features:", features.shape)

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    print("cross-validated:", cross_val_score(classifier, features, y, cv=3).round(3))

    grid = GridSearchCV(classifier, {"logisticregression__C": [0.1, 1.0]}, cv=3).fit(features, y)
    print("chosen:", grid.best_params_)

    pipeline = make_pipeline(body, grid.best_estimator_)  # from raw series to labels
    print(f"right on {pipeline.score(X_test, y_test):.1%} of {len(X_test)} new series")


if __name__ == "__main__":
    main()
