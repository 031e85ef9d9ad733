"""Padding behind series of unequal lengths: as if it were not there."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.nets.network import Network, as_lengths, initialize
from tszoo.nets.registry import build
from tszoo.training.batchnorm import recompute_batch_norm
from tszoo.training.data import TrainingData
from tszoo.training.loop import train
from tszoo.training.recipe import Recipe

TINY = {
    "inception": {"depth": 6, "filters": 4, "kernel_lengths": [40, 20, 9], "bottleneck": 4},
    "fcn": {"filters": [6, 8, 5], "kernel_lengths": [8, 5, 3]},
    "resnet": {"widths": [4, 5, 5], "kernel_lengths": [8, 5, 3]},
    "convtimenet": {"depth": 4, "filters": 2, "kernel_lengths": [4, 8, 64]},
}
LENGTHS = torch.tensor([1, 2, 9, 40, 41, 90])


def network(architecture: str, n_channels: int = 2) -> Network:
    made = build(architecture, TINY[architecture], n_channels, 3)
    made.double()
    initialize(made, torch.Generator().manual_seed(0))
    for module in made.modules():  # statistics, scales and shifts that are not the neutral ones
        if isinstance(module, nn.BatchNorm2d):
            for k, tensor in enumerate(
                (module.running_mean, module.running_var, module.weight, module.bias)
            ):
                tensor.data = (
                    0.5
                    + torch.rand(len(tensor), generator=torch.Generator().manual_seed(k)).double()
                )
    return made


def padded(extra: int = 0, junk: float = 0.0) -> torch.Tensor:
    x = torch.randn(6, 2, 90 + extra, generator=torch.Generator().manual_seed(1)).double()
    for row, length in zip(x, LENGTHS, strict=True):
        row[:, length:] = junk
    return x


@pytest.mark.parametrize("architecture", TINY)
def test_a_prediction_is_that_of_the_series_alone(architecture):
    made = network(architecture).eval()
    x = padded()
    together = made(x, LENGTHS)
    for i, length in enumerate(LENGTHS):
        torch.testing.assert_close(
            together[i : i + 1], made(x[i : i + 1, :, :length]), rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("architecture", TINY)
def test_full_masks_change_nothing_forwards_or_backwards(architecture):
    x, y = torch.randn(6, 2, 30).double(), torch.tensor([0, 1, 2, 0, 1, 2])
    plain, masked = network(architecture), network(architecture)
    for made, lengths in ((plain, None), (masked, torch.full((6,), 30))):
        F.cross_entropy(made.train()(x, lengths), y).backward()
    for (name, a), b in zip(masked.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6, msg=name)
    for (name, a), b in zip(masked.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("architecture", TINY)
def test_training_does_not_see_how_far_padding_reaches(architecture):
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    near, far = network(architecture), network(architecture)
    for made, x in (
        (near, padded()),
        (far, torch.cat([padded(), torch.zeros(6, 2, 50).double()], dim=2)),
    ):
        F.cross_entropy(made.train()(x, LENGTHS), y).backward()
    for (name, a), b in zip(near.named_parameters(), far.parameters(), strict=True):
        assert torch.isfinite(a.grad).all(), name
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6, msg=name)
    for (name, a), b in zip(near.state_dict().items(), far.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, msg=name)


def test_statistics_are_those_of_the_points_of_series():
    """The first norm's, against its definition."""
    made = network("fcn")
    convolution, norm = made.body.convolutions[0], made.body.norms[0]
    x = padded()
    data = TrainingData(x, torch.zeros(6, dtype=torch.int64), LENGTHS)
    points = torch.cat(
        [convolution(x[i : i + 1, :, None, :n])[0, :, 0] for i, n in enumerate(LENGTHS)], dim=1
    )
    for points_per_pass in (10**6, 200):
        recompute_batch_norm(made, [data], points_per_pass=points_per_pass)
        torch.testing.assert_close(norm.running_mean, points.mean(dim=1))
    recompute_batch_norm(made, [data])
    torch.testing.assert_close(norm.running_var, points.var(dim=1))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_training_on_unequal_series_learns(precision):
    toy = make_toy(24, length=48)
    cut = [series[0, : 24 + i] for i, series in enumerate(toy.series)]
    dataset = Dataset.from_arrays(cut, toy.labels, name="Cut")
    x = torch.from_numpy(prepare(dataset, Preprocessing(unequal=True)))
    y, lengths = torch.from_numpy(dataset.labels.copy()), as_lengths(dataset.lengths)
    made = build("inception", TINY["inception"], 1, 2)
    initialize(made, torch.Generator().manual_seed(0))
    recipe = Recipe(epochs=30, schedule="cosine", batch_size=8, learning_rate=1e-2)
    (history,) = train(
        [made], [TrainingData(x, y, lengths)], recipe, seeds=[0], precision=precision
    )
    assert history.best_loss < 0.3
    with torch.no_grad():
        assert (made(x, lengths).argmax(dim=1) == y).float().mean() > 0.9


def test_series_of_one_point_among_longer_ones_train():
    dataset = Dataset.from_arrays([[1.0], [1.0, 2.0, 1.0], [2.0, 1.0]], [0, 1, 0], name="Odd")
    x = torch.from_numpy(prepare(dataset, Preprocessing(unequal=True)))
    made = build("inception", TINY["inception"], 1, 2)
    recipe = Recipe(epochs=3, batch_size=1)
    data = TrainingData(x, torch.tensor([0, 1, 0]), as_lengths(dataset.lengths))
    train([made], [data], recipe, seeds=[0])


def test_equal_lengths_need_no_mask():
    assert as_lengths(Dataset.from_arrays([[1, 2], [3, 4]]).lengths) is None
    assert as_lengths(Dataset.from_arrays([[1, 2], [3]]).lengths).tolist() == [2, 1]
