from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.support.fits import RUN
from tests.support.sources import TINY, make_zoo, source_models
from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo import Dataset, Model, TransferClassifier, TransferFeatures
from tszoo.data import choose_preprocessing
from tszoo.errors import DataError, OptionError
from tszoo.readout.features import extract

LEARNS = {"recipe": {"epochs": 20, "learning_rate": 0.03}, "members": 1, "run": RUN}
QUICK = {"recipe": {"epochs": 3}, "members": 1, "run": RUN}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A working folder with the model `tiny`.

    A loaded one is too deep a parameter for scikit-learn's comparisons.
    """
    folder = tmp_path_factory.mktemp("desk")
    source_models()[0].save(folder / "tiny", dtype="float32")
    return folder


@pytest.fixture(scope="module")
def small_desk(tmp_path_factory):
    """The same with a network of one layer, which has learnt nothing."""
    folder = tmp_path_factory.mktemp("small_desk")
    smallest = {"depth": 1, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 0}
    make_model(members=1, architecture_args=smallest).save(folder / "tiny", dtype="float32")
    return folder


class Brief(TransferClassifier):
    """Trained for two epochs, which is enough for everything but being right."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


AUTO = TransferClassifier("auto", zoo=".", members=1, run=RUN)


CHECKED = parametrize_with_checks(
    [
        Brief("tiny", recipe={"epochs": 2}, members=1, run=RUN),
        TransferClassifier("tiny", head="ridge", members=1, run=RUN),
        TransferFeatures("tiny"),
    ]
)


def with_marks(estimator, check):
    """Classifiers are trained by the next test, and memory that is only read by other checks."""
    is_dear = check.func.__name__ == "check_classifiers_train"
    if is_dear and (isinstance(estimator, Brief) or "readonly_memmap" in check.keywords):
        return pytest.param(estimator, check, marks=pytest.mark.slow)
    return estimator, check


@pytest.mark.parametrize(
    CHECKED.args[0], [with_marks(*case) for case in CHECKED.args[1]], **CHECKED.kwargs
)
def test_scikit_learns_own_checks(estimator, check, small_desk, monkeypatch):
    monkeypatch.chdir(small_desk)
    check(estimator)


def test_training_is_right_about_scikit_learns_own_tasks(desk, monkeypatch):
    monkeypatch.chdir(desk)
    recipe = {"epochs": 10, "learning_rate": 0.03}
    trained = TransferClassifier("tiny", recipe=recipe, members=1, run=RUN)
    estimator_checks.check_classifiers_train("TransferClassifier", trained)


@pytest.mark.parametrize(
    "name",
    [
        "check_classifiers_train",
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_estimators_pickle",
        "check_fit_idempotent",
        "check_methods_sample_order_invariance",
    ],
)
def test_what_fitting_decides_by_itself_passes_them_too(name, desk, monkeypatch):
    monkeypatch.chdir(desk)
    getattr(estimator_checks, name)("TransferClassifier", AUTO)


@pytest.mark.slow
@parametrize_with_checks([AUTO])
def test_what_fitting_decides_by_itself_passes_all_of_them(estimator, check, desk, monkeypatch):
    monkeypatch.chdir(desk)
    check(estimator)


@pytest.fixture
def Xy():
    toy = make_toy()
    return toy.series, np.array([toy.classes[k] for k in toy.labels])


@pytest.mark.parametrize("labels", [(-1, 1), (10, 30), ("no", "yes"), (True, False)])
def test_labels_come_back_as_they_went_in(Xy, labels):
    X, y = Xy
    wanted = np.array([labels[int(label == "c1")] for label in y])
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(X, wanted)
    predicted = classifier.predict(X)
    assert set(predicted.tolist()) <= set(labels)
    assert np.array_equal(classifier.classes_, np.unique(wanted))
    assert np.array_equal(
        classifier.classes_[classifier.predict_proba(X).argmax(axis=1)], predicted
    )


def test_columns_follow_classes_also_where_the_orders_differ(Xy):
    X, y = Xy
    text = np.where(y == "c0", "10", "9")  # "10" < "9" as text, 9 < 10 as numbers
    classifier = TransferClassifier(source_models()[0], **LEARNS).fit(X, text)
    assert classifier.classes_.tolist() == ["10", "9"]
    assert (classifier.predict(X) == text).mean() > 0.9
    assert set(classifier.model_.predict(X).tolist()) <= {"9", "10"}


def test_two_and_three_dimensional_input_are_the_same(Xy):
    X, y = Xy
    flat = TransferClassifier(source_models()[0], **QUICK).fit(X[:, 0], y)
    deep = TransferClassifier(source_models()[0], **QUICK).fit(X, y)
    assert np.array_equal(flat.predict_proba(X[:, 0]), deep.predict_proba(X))


def test_cross_validation_pipeline_grid_and_clone(Xy, tmp_path):
    X, y = Xy
    zoo = make_zoo(tmp_path)
    classifier = TransferClassifier("inception.Bumps", zoo=zoo, **LEARNS)
    assert cross_val_score(classifier, X, y, cv=2).mean() > 0.6
    pipeline = Pipeline(
        [("flip", FunctionTransformer(np.negative)), ("classify", clone(classifier))]
    )
    assert pipeline.fit(X, y).score(X, y) > 0.6
    brief = clone(classifier).set_params(recipe={"epochs": 1})
    search = GridSearchCV(brief, {"source": ["inception.Bumps", "inception.Long"]}, cv=2)
    assert search.fit(X, y).best_params_["source"] in ("inception.Bumps", "inception.Long")


def test_a_grid_reaches_the_network_and_the_recipe(Xy):
    X, y = Xy
    networks = [{**TINY, "depth": depth, "filters": 5 - depth} for depth in (2, 3)]
    grid = {"network": networks, "recipe": [{"epochs": 1}, {"epochs": 2, "learning_rate": 0.01}]}
    classifier = TransferClassifier("none", members=1, run=RUN)
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    best = search.best_params_
    config = search.best_estimator_.model_.config
    for name, value in best["network"].items():
        assert config.architecture_args[name] == value
    assert config.recipe.training.recipe.epochs == best["recipe"]["epochs"]
    assert config.training.epochs == (best["recipe"]["epochs"],)
    for network, recipe in ((networks[0], {"epochs": 1}), (networks[1], {"epochs": 2})):
        fitted = clone(classifier).set_params(network=network, recipe=recipe).fit(X, y)
        args = fitted.model_.config.architecture_args
        assert (args["depth"], args["filters"]) == (network["depth"], network["filters"])
        assert fitted.model_.config.training.epochs == (recipe["epochs"],)


def test_every_parameter_reaches_the_fit(Xy):
    X, y = Xy
    classifier = TransferClassifier("none", head="ridge", members=3, network=TINY, random_state=5)
    config = classifier.set_params(run=RUN).fit(X, y).model_.config
    assert (config.recipe.head, config.members, config.recipe.readout.seed) == ("ridge", 3, 5)
    frozen = TransferClassifier(source_models()[0], freeze=True, **QUICK).fit(X, y).model_.config
    assert frozen.recipe.training.trainable == "head"
    other = TransferClassifier("none", architecture="fcn", **QUICK).fit(X, y).model_.config
    assert other.architecture == "fcn"


def test_heads_go_on_and_large_series_are_read_as_they_are_told_to_be(Xy):
    X, y = Xy
    first = TransferClassifier("none", **{**QUICK, "network": TINY}).fit(X, y)
    on = TransferClassifier(first.model_, keep_head=True, **QUICK).fit(X, y)
    fresh = TransferClassifier(first.model_, **QUICK).fit(X, y)
    assert not np.array_equal(on.predict_proba(X), fresh.predict_proba(X))
    with pytest.raises(OptionError, match="keep_head"):
        TransferClassifier("none", keep_head=True, **QUICK).fit(X, y)
    with pytest.raises(OptionError, match="reduce must be one of auto, no"):
        TransferClassifier("none", head="ridge", network=TINY, reduce="yes").fit(X, y)


def test_numbers_of_numpy_are_numbers(Xy):
    X, y = Xy
    grid = {"members": np.arange(1, 2), "random_state": np.arange(2)}
    network = {**TINY, "filters": np.int64(TINY["filters"])}
    recipe = {"epochs": np.int64(1), "learning_rate": np.float32(0.5)}
    classifier = TransferClassifier("none", network=network, recipe=recipe, run=RUN)
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise").fit(X, y)
    recipe = search.best_estimator_.model_.config.recipe.training.recipe
    assert (type(recipe.epochs), recipe.learning_rate) == (int, 0.5)


def test_pickling_a_fitted_classifier(Xy):
    X, y = Xy
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(X, y)
    again = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))


def test_lists_of_unequal_series(Xy):
    X, y = Xy
    ragged = [row[0, : 20 + i % 5] for i, row in enumerate(X)]
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(ragged, y)
    assert classifier.predict(ragged[:3]).shape == (3,)


def test_an_array_of_objects_is_a_list_of_series(Xy):
    X, y = Xy
    ragged = [row[0, : 20 + i % 5] for i, row in enumerate(X)]
    for series in (ragged, [row[:20] for row in ragged]):
        objects = np.empty(len(series), dtype=object)
        objects[:] = series
        classifier = TransferClassifier(source_models()[0], **QUICK).fit(objects, y)
        listed = TransferClassifier(source_models()[0], **QUICK).fit(series, y)
        assert np.array_equal(classifier.predict_proba(objects), listed.predict_proba(series))


def test_a_refit_on_unequal_series_forgets_how_long_they_were(Xy):
    X, y = Xy
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(X[:, 0], y)
    assert classifier.n_features_in_ == 32
    classifier.fit([row[0, : 20 + i % 5] for i, row in enumerate(X)], y)
    assert not hasattr(classifier, "n_features_in_")
    assert classifier.predict(X[:, 0, :12]).shape == y.shape


def test_a_fold_of_one_length_can_be_told_of_the_others(Xy):
    X, y = Xy
    half = len(X) // 2
    ragged = [row[0, : 32 if i < half else 25 + i % 5] for i, row in enumerate(X)]
    folds = [(np.arange(half), np.arange(half, len(X)))]
    classifier = TransferClassifier(source_models()[0], unequal=True, **QUICK)
    assert np.isfinite(cross_val_score(classifier, ragged, y, cv=folds, error_score="raise")).all()
    with pytest.raises(ValueError, match="values, expected 32"):
        cross_val_score(
            clone(classifier).set_params(unequal=None), ragged, y, cv=folds, error_score="raise"
        )


def test_an_offset_that_32_bits_cannot_hold_is_refused(Xy):
    X, y = Xy
    wide = X.astype(np.float64)
    with pytest.raises(ValueError, match=r"^X, series 0: values from .* Subtract an offset"):
        TransferClassifier(source_models()[0], **QUICK).fit(wide + 1e8, y)
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(wide, y)
    with pytest.raises(ValueError, match=r"^X, series 0: values from .* Subtract an offset"):
        classifier.predict(wide + 1e8)


def test_missing_values_are_taken(Xy):
    X, y = Xy
    holed = X.copy()
    holed[::3, :, 4] = np.nan
    assert (
        TransferClassifier(source_models()[0], **QUICK).fit(holed, y).predict(holed).shape
        == y.shape
    )


def test_what_a_mask_hides_is_missing():
    X = np.ma.masked_array(make_toy().series[:, 0])
    X[0, 3] = np.ma.masked
    checked = TransferClassifier()._checked(X, reset=True)
    assert np.isnan(checked[0, 3])
    assert np.isnan(checked).sum() == 1
    y = np.ma.masked_array(np.arange(len(X)) % 2)
    y[1] = np.ma.masked
    with pytest.raises(DataError, match="series 1: no label"):
        TransferClassifier().fit(X, y)


def test_weights_reach_the_fit(Xy):
    X, y = Xy
    X = X + 2 * np.random.default_rng(0).normal(size=X.shape)
    classifier = TransferClassifier("none", head="ridge", members=1, network=TINY, run=RUN)
    weights = np.where(y == "c0", 1.0, 3.0)
    plain = classifier.fit(X, y).predict_proba(X)
    by_series = classifier.fit(X, y, sample_weight=weights).predict_proba(X)
    by_class = clone(classifier).set_params(class_weight={"c1": 3}).fit(X, y)
    np.testing.assert_allclose(by_series, by_class.predict_proba(X), atol=1e-4)
    assert not np.allclose(plain, by_series, atol=1e-3)
    assert by_class.model_.config.recipe.class_weight == (1, 3)
    one_class = (y == "c0").astype(float)
    with pytest.raises(DataError, match="fewer than two classes"):
        classifier.fit(X, y, sample_weight=one_class)


def test_classes_without_weight_are_not_predicted():
    toy = make_toy(18, n_classes=3)
    X, y = toy.series, np.array([10, 20, 30])[toy.labels]
    classifier = TransferClassifier("none", head="ridge", members=1, network=TINY, run=RUN)
    classifier.fit(X, y, sample_weight=(y != 20).astype(float))
    assert classifier.classes_.tolist() == [10, 30]
    assert classifier.predict_proba(X).shape == (18, 2)


@pytest.mark.parametrize("n_series", [1, 7, 33])
def test_a_series_is_predicted_to_the_last_bit_as_it_is_alone(n_series):
    toy = make_toy(40)
    y = np.array([toy.classes[k] for k in toy.labels])
    classifier = TransferClassifier(source_models()[0], **QUICK).fit(toy.series, y)
    everything = classifier.predict_proba(toy.series)
    assert np.array_equal(classifier.predict_proba(toy.series[:n_series]), everything[:n_series])
    plain = classifier.model_.predict_proba(toy.series)
    np.testing.assert_allclose(everything, plain, atol=1e-6)


def test_embeddings_are_what_a_ridge_head_reads(Xy, tmp_path):
    X, _ = Xy
    zoo = make_zoo(tmp_path)
    source = Model.load("inception.Bumps", zoo)
    features = TransferFeatures("inception.Bumps", zoo=zoo).fit_transform(X)
    assert features.dtype == np.float32
    target = Dataset.from_arrays(X, name="X", layout="NCT")
    expected = [
        extract(network, target, choose_preprocessing(target)).stages for network in source.networks
    ]
    np.testing.assert_allclose(features, np.concatenate(expected, axis=1), atol=1e-5)
    transformer = TransferFeatures(source).fit(X)
    assert isinstance(transformer.model_, Model)
    assert len(transformer.get_feature_names_out()) == features.shape[1]


def test_embeddings_in_a_pipeline_of_scikit_learn(Xy):
    X, y = Xy
    pipeline = make_pipeline(TransferFeatures(source_models()[0]), LogisticRegression())
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.8
    again = pickle.loads(pickle.dumps(pipeline.fit(X, y)))
    assert np.array_equal(again.predict_proba(X), pipeline.predict_proba(X))


def test_embeddings_of_several_channels_and_of_unequal_series():
    toy = make_toy(n_channels=3)
    transformer = TransferFeatures(source_models()[0]).fit(toy.series)
    features = transformer.transform(toy.series)
    first = TransferFeatures(source_models()[0]).fit_transform(toy.series[:, :1])
    width = first.shape[1] // 2  # of each of the two members
    assert features.shape == (24, 6 * width)
    np.testing.assert_allclose(features[:, :width], first[:, :width], atol=1e-5)
    assert np.array_equal(transformer.transform(toy.series[:5]), features[:5])
    ragged = [row[0, : 20 + i % 5] for i, row in enumerate(toy.series)]
    unequal = TransferFeatures(source_models()[0]).fit_transform(ragged)
    alone = TransferFeatures(source_models()[0], unequal=True).fit(ragged).transform([ragged[3]])
    np.testing.assert_allclose(unequal[3], alone[0], atol=1e-4)


def test_the_number_of_cores_changes_nothing_but_the_time(Xy):
    X, y = Xy
    settings = {**QUICK, "members": 2}
    alone = TransferClassifier(source_models()[0], **settings, n_jobs=1).fit(X, y)
    together = TransferClassifier(source_models()[0], **settings, n_jobs=-1).fit(X, y)
    assert np.array_equal(alone.predict_proba(X), together.predict_proba(X))
    with pytest.raises(ValueError, match="n_jobs"):
        TransferClassifier(source_models()[0], n_jobs=0).fit(X, y)
