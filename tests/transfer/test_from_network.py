"""A loop of one's own on a module of the zoo, and back into a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tszoo
from tests.support.toys import make_toy
from tests.support.universal import universal_model
from tszoo.data import Dataset
from tszoo.errors import ModelError, OptionError
from tszoo.models.module import SeriesModule
from tszoo.training.recipe import Recipe
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    add_model(folder, universal_model("universalS"))
    return folder


def trained(toy: Dataset, zoo, **options: object) -> SeriesModule:
    """Train with the plain loop of the documentation."""
    module = tszoo.create_model(
        "inception.universalS", num_classes=3, in_channels=toy.n_channels, zoo=zoo, **options
    )
    x, y = torch.tensor(toy.series), torch.tensor(toy.labels)
    optimizer = torch.optim.Adam(module.train().parameters(), lr=0.01)
    for _ in range(12):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(x), y).backward()
        optimizer.step()
    return module


@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_a_loop_has_trained_becomes_a_model(zoo, tmp_path, n_channels):
    toy = make_toy(n_classes=3, n_channels=n_channels)
    module = trained(toy, zoo)
    model = tszoo.Model.from_network(module, toy, Recipe(epochs=12, learning_rate=0.01))
    with torch.inference_mode():
        logits = module.eval()(torch.tensor(toy.series))
    np.testing.assert_allclose(
        model.predict_proba(toy), logits.double().softmax(dim=1).numpy(), atol=1e-5
    )
    assert model.config.base.model == "inception.universalS"
    assert model.config.recipe.training.recipe.epochs == 12
    accuracy = (model.predict(toy) == np.array(toy.classes)[toy.labels]).mean()
    assert model.config.results.train_accuracy == pytest.approx(accuracy)
    model.save(tmp_path / "m", dtype="float32")
    loaded = tszoo.Model.load(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-6)
    module.network.head.weight.data.zero_()  # the model has a copy
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-6)


def test_what_is_no_model_of_the_target_is_refused(zoo):
    toy, recipe = make_toy(n_classes=3), Recipe(epochs=1)
    module = trained(toy, zoo)
    with pytest.raises(ModelError, match="num_classes=2"):
        tszoo.Model.from_network(module, make_toy(n_classes=2), recipe)
    with pytest.raises(ModelError, match="in_channels=2"):
        tszoo.Model.from_network(module, make_toy(n_classes=3, n_channels=2), recipe)
    with pytest.raises(OptionError, match="network=Linear"):
        tszoo.Model.from_network(torch.nn.Linear(2, 3), toy, recipe)
    module.network.head.weight.data.fill_(torch.nan)
    with pytest.raises(ModelError, match=r"head\.weight is not finite"):
        tszoo.Model.from_network(module, toy, recipe)
