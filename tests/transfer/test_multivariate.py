"""A network that was trained on series of one channel serves series of several.

The body on each, one head on all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.fits import RECIPE, RUN, trained
from tests.support.small import SMALL
from tests.support.sources import source_models
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import DataError, ModelError
from tszoo.models.load import load_folder
from tszoo.models.model import Model
from tszoo.nets.network import Network, initialize
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.training.recipe import Recipe
from tszoo.transfer.pretrain import pretrain


def one_epoch(**changes: Any) -> Recipe:
    return Recipe(**{"epochs": 1, "batch_size": 8, **changes})


def built(architecture: str, n_channels: int) -> Network:
    network = build(
        architecture, {**SMALL[architecture], "channels_apart": True}, n_channels, 4, length=20
    )
    initialize(network, torch.Generator().manual_seed(0))
    return network.eval()


def source() -> Model:
    return source_models()[0]  # one channel, 40 points, two classes


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_features_are_those_of_each_channel_side_by_side(architecture: str) -> None:
    three, one = built(architecture, 3), built(architecture, 1)
    one.body.load_state_dict(three.body.state_dict())
    assert three.head.in_features == 3 * one.head.in_features
    x = torch.randn(5, 3, 20, generator=torch.Generator().manual_seed(1))
    apart = [one.features(x[:, c : c + 1]) for c in range(3)]
    torch.testing.assert_close(three.features(x), torch.cat(apart, dim=1))
    maps = torch.cat([one.activations(x[:, c : c + 1]) for c in range(3)], dim=1)
    torch.testing.assert_close(three.activations(x), maps)
    torch.testing.assert_close(three(x), three.head(torch.cat(apart, dim=1)))


@pytest.mark.parametrize("architecture", ["inception", "resnet"])
def test_padding_is_left_out_of_every_channel(architecture: str) -> None:
    network = built(architecture, 2)
    x, lengths = (
        torch.randn(3, 2, 20, generator=torch.Generator().manual_seed(1)),
        torch.tensor([20, 7, 12]),
    )
    for row, length in zip(x, lengths, strict=True):
        row[:, length:] = 0
    together = network(x, lengths)
    for i, length in enumerate(lengths):
        torch.testing.assert_close(
            together[i : i + 1], network(x[i : i + 1, :, :length]), rtol=1e-4, atol=1e-5
        )


def test_a_univariate_source_is_fine_tuned_to_several_channels(tmp_path: Path) -> None:
    target = make_toy(n_channels=3, n_classes=3)
    still = one_epoch(learning_rate=1e-30, schedule="constant")
    model = trained(target, source(), recipe=still, test=target)
    assert model.config.n_channels == 3
    assert model.config.architecture_args == {
        **source().config.architecture_args,
        "channels_apart": True,
    }
    for network, start in zip(model.networks, source().networks, strict=True):
        assert network.head.weight.shape == (3, 3 * start.head.in_features)
        for (name, tensor), before in zip(
            network.body.named_parameters(), start.body.parameters(), strict=True
        ):
            assert torch.equal(tensor, before), name
    model.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    assert loaded.config == model.config
    np.testing.assert_allclose(loaded.predict_proba(target), model.predict_proba(target), atol=1e-6)
    with pytest.raises(DataError, match=r"2 channel\(s\), expected 3"):
        loaded.predict(target.series[:, :2])


def test_what_distinguishes_the_classes_may_be_in_any_channel() -> None:
    """Channel 1 tells; the others are noise.

    Permuting channels in training and test alike changes little.
    """
    toy, draw = make_toy(n_series=40), np.random.default_rng(0)
    series = draw.standard_normal((40, 3, 32))
    series[:, 1] = toy.series[:, 0]
    for order in ([1, 0, 2], [2, 0, 1]):
        target = Dataset.from_arrays(series[:, order], toy.labels, name="Mixed")
        recipe = one_epoch(epochs=15, learning_rate=2e-2, schedule="cosine")
        model = trained(target, source(), recipe=recipe, members=1)
        assert model.config.results.train_accuracy > 0.9


def test_a_frozen_body_is_left_as_it_is() -> None:
    model = trained(
        make_toy(n_channels=2), source(), recipe=one_epoch(learning_rate=0.1), freeze=True
    )
    for network, start in zip(model.networks, source().networks, strict=True):
        for (name, tensor), before in zip(
            network.body.state_dict().items(), start.body.state_dict().values(), strict=True
        ):
            assert torch.equal(tensor, before), name


def test_series_of_unequal_lengths_and_several_channels() -> None:
    toy = make_toy(n_channels=2)
    ragged = [row[:, : 20 + i % 12] for i, row in enumerate(toy.series)]
    model = trained(Dataset.from_arrays(ragged, toy.labels, name="Ragged"), source())
    alone = np.concatenate([model.predict_proba([row]) for row in ragged])
    np.testing.assert_allclose(model.predict_proba(ragged), alone, atol=1e-5)


def test_a_body_for_one_channel_serves_any_number_of_them_in_turn() -> None:
    wide = trained(make_toy(n_channels=3), source())
    for n_channels in (2, 1, 3):
        model = trained(make_toy(n_channels=n_channels), wide)
        assert (
            model.networks[0].head.in_features == n_channels * source().networks[0].head.in_features
        )
        assert model.predict(np.zeros((1, n_channels, 32))).shape == (1,)


def test_a_body_for_several_channels_together_is_refused_for_another_number() -> None:
    together = pretrain(
        make_toy(n_channels=2), network=SMALL["inception"], members=2, recipe=RECIPE, run=RUN
    )
    assert "channels_apart" not in together.config.architecture_args
    with pytest.raises(
        ModelError,
        match=r"inception.Toy takes series of 2 channel\(s\), Toy has 3\. Choose another",
    ):
        trained(make_toy(n_channels=3), together)


def test_an_mlp_keeps_its_length(tmp_path: Path) -> None:
    toy = make_toy()
    model = pretrain(
        toy, architecture="mlp", network=SMALL["mlp"], members=2, recipe=RECIPE, run=RUN
    )
    model.save(tmp_path / "m", dtype="float32")
    loaded = load_folder(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict_proba(toy), model.predict_proba(toy), atol=1e-6)
    assert loaded.embed(toy).shape == (24, 2 * 6)
    with pytest.raises(
        DataError,
        match=r"33 values, expected 32: mlp\.Toy takes series of the length it was trained on",
    ):
        loaded.predict(np.zeros((2, 33)))
    assert trained(make_toy(n_channels=2), loaded).predict(np.zeros((2, 2, 32))).shape == (2,)
    with pytest.raises(
        ModelError,
        match=r"mlp\.Toy takes series of 32 points only, Toy has one of 33\. Choose another",
    ):
        trained(make_toy(length=33), loaded)
    ragged = Dataset.from_arrays(
        [row[0, : 31 + i % 2] for i, row in enumerate(toy.series)], toy.labels, name="Ragged"
    )
    with pytest.raises(
        ModelError, match=r"mlp\.Toy takes series of 32 points only, Ragged has one of 31\."
    ):
        trained(ragged, loaded)
    with pytest.raises(
        ModelError, match=r"^mlp takes series of one length, those of Ragged have 31 to 32 points\."
    ):
        pretrain(ragged, architecture="mlp", recipe=RECIPE, run=RUN)
