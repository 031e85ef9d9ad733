"""Pooled features of every stage against a float64 twin that goes from point to point."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.support.scrambled import scrambled
from tests.support.small import SMALL
from tests.support.toys import make_toy
from tszoo.data import Dataset, Preprocessing, prepare
from tszoo.errors import ModelError, OptionError
from tszoo.nets.layers import max_pool
from tszoo.nets.network import Network
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.nets.stages import POOLINGS, first_difference, pool
from tszoo.readout import features as features_module
from tszoo.readout.features import Extracted, extract

ANY_LENGTH = sorted(set(ARCHITECTURES) - {"mlp"})
WIDTHS = {
    "inception": (16,) * 3,
    "fcn": (4, 5),
    "resnet": (4, 6, 6),
    "convtimenet": (4,) * 4,
    "mlp": (6,),
}


def network_of(architecture: str, n_channels: int = 1, **changes: Any) -> Network:
    network = scrambled(
        build(architecture, {**SMALL[architecture], **changes}, n_channels, 3, length=20)
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def pool_twin(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poolings of one series' maps (width, time)."""
    rows = []
    for values in maps:
        positive = [value for value in values if value > 0]
        mean = sum(positive) / len(positive) if positive else 0.0
        rows.append((len(positive) / len(values), mean, max(values), sum(values) / len(values)))
    return np.array(rows).T.ravel()


def difference_twin(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """z-normalised first difference of one channel (time,)."""
    steps = np.array([b - a for a, b in pairwise(series)] or [0.0])
    spread = steps.std()
    return (steps - steps.mean()) / spread if spread > 1e-5 else np.zeros(len(steps))


def stages_twin(network: Network, series: NDArray[np.float32]) -> NDArray[np.float64]:
    """Features of one series (n_channels, time), pooled from the maps of the body."""
    steps = np.stack([difference_twin(channel.astype(np.float64)) for channel in series]).astype(
        np.float32
    )
    if not network.any_length:
        steps = np.concatenate([steps, np.zeros((len(steps), 1), np.float32)], axis=1)
    pooled = []
    with torch.no_grad():
        for channels in (series, steps):
            image = torch.from_numpy(channels)[None, :, None, :]
            pooled += [
                pool_twin(maps[0, :, 0].double().numpy()) for maps in network.body.stages(image)
            ]
    return np.concatenate(pooled)


def test_poolings_are_the_twins() -> None:
    maps = random(4, 5, 1, 30)
    maps[0, 0], maps[1, 1], maps[2, 2] = 0.0, -1.0, 2.0  # nothing, nothing positive, all of it
    pooled = pool(maps.contiguous(memory_format=torch.channels_last))
    for series, values in zip(maps.double().numpy(), pooled, strict=True):
        np.testing.assert_allclose(values, pool_twin(series[:, 0]), rtol=1e-5, atol=1e-6)


def test_poolings_leave_padding_out() -> None:
    maps, lengths = -random(3, 5, 1, 12).abs() - 1, torch.tensor([12, 7, 1])
    for row, length in zip(maps, lengths, strict=True):
        row[..., length:] = 0  # larger than all of the series' own
    pooled = pool(maps, lengths)
    for row, length, values in zip(maps, lengths, pooled, strict=True):
        np.testing.assert_allclose(
            values, pool_twin(row[:, 0, :length].double().numpy()), rtol=1e-5
        )


@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_differences_are_the_twins(length: int) -> None:
    x = 100 * random(5, 2, length) + 1000
    difference, lengths = first_difference(x)
    assert lengths is None
    assert difference.dtype == torch.float32
    twin = [[difference_twin(channel) for channel in series] for series in x.double().numpy()]
    np.testing.assert_allclose(difference, twin, atol=1e-5)


def test_differences_of_unequal_lengths_are_those_of_each_alone() -> None:
    x, lengths = random(5, 2, 12), torch.tensor([12, 7, 3, 2, 1])
    for row, length in zip(x, lengths, strict=True):
        row[:, length:] = 0
    difference, shorter = first_difference(x, lengths)
    assert shorter is not None
    assert shorter.tolist() == [11, 6, 2, 1, 1]
    for row, length, own, kept in zip(x, lengths, difference, shorter, strict=True):
        alone, _ = first_difference(row[None, :, :length])
        torch.testing.assert_close(own[:, :kept], alone[0])
        assert not own[:, kept:].any()


def test_a_line_differs_by_a_constant_which_is_nothing() -> None:
    lines = torch.linspace(-1.7, 1.7, 1000).repeat(2, 1, 1)
    lines[1] = 5.0
    assert not first_difference(lines)[0].any()
    smooth = torch.sin(torch.linspace(0, 6.28, 5000, dtype=torch.float64)).float()[None, None]
    assert first_difference(smooth)[0].std().item() == pytest.approx(1, abs=1e-3)


def test_a_difference_may_keep_the_length() -> None:
    x = random(2, 1, 9)
    kept, lengths = first_difference(x, keep_length=True)
    assert lengths is None
    assert torch.equal(kept[..., :-1], first_difference(x)[0])
    assert not kept[..., -1].any()
    assert first_difference(x[..., :1], keep_length=True)[0].shape == (2, 1, 1)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_a_bodys_last_stage_is_what_it_gives(architecture: str) -> None:
    body = network_of(architecture, 2).body
    image = random(3, 2, 1, 20)
    stages = list(body.stages(image))
    assert tuple(maps.shape[1] for maps in stages) == body.widths == WIDTHS[architecture]
    assert body.n_features == body.widths[-1]
    assert torch.equal(stages[-1], body(image))


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize("n_channels", [1, 2])
def test_stage_features_are_the_twins(architecture: str, n_channels: int) -> None:
    network = network_of(architecture, n_channels)
    x = random(4, n_channels, 20, seed=2)
    with torch.no_grad():
        features = network.stage_features(x)
    assert features.shape == (4, 2 * POOLINGS * sum(WIDTHS[architecture]))
    for series, values in zip(x.numpy(), features, strict=True):
        np.testing.assert_allclose(values, stages_twin(network, series), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_the_last_features_are_among_them(architecture: str) -> None:
    network = network_of(architecture, 3, channels_apart=True)
    x = random(4, 3, 20)
    with torch.no_grad():
        last = network.last_features(network.stage_features(x))
        torch.testing.assert_close(last, network.features(x), rtol=1e-4, atol=1e-5)


def test_a_head_on_all_stages_reads_them_standardised() -> None:
    network = network_of("fcn", readout="stages")
    assert network.head.in_features == 2 * POOLINGS * (4 + 5)
    with torch.no_grad():
        network.centre.copy_(torch.arange(72.0))
        network.spread.copy_(torch.arange(72.0) + 1)
        x = random(3, 1, 20)
        stages = network.stage_features(x)
        torch.testing.assert_close(
            network.features(x), (stages - torch.arange(72.0)) / (torch.arange(72.0) + 1)
        )
        torch.testing.assert_close(network(x), network.head(network.features(x)))


def test_a_head_may_be_set_to_read_something_else() -> None:
    network = network_of("fcn", readout="stages")
    assert {"centre", "spread"} < network.state_dict().keys()
    network.set_head(2, "mean")
    assert network.head.in_features == 5
    assert not {"centre", "spread"} & network.state_dict().keys()
    network.set_head(2, "stages")
    assert network(random(3, 1, 20)).shape == (3, 2)


def test_max_pooling_without_gradients_is_pytorchs() -> None:
    for time in (1, 2, 7):
        x = random(3, 4, 1, time).contiguous(memory_format=torch.channels_last)
        slow = torch.nn.functional.max_pool2d(x, (1, 3), stride=1, padding=(0, 1))
        assert torch.equal(max_pool(x), slow)


def data_set(
    n_series: int = 9, n_channels: int = 1, length: int = 20, *, ragged: bool = False
) -> Dataset:
    series = random(n_series, n_channels, length, seed=3).numpy()
    rows = [row[:, : length - i % 5] for i, row in enumerate(series)] if ragged else series
    return Dataset.from_arrays(rows, [i % 3 for i in range(n_series)], name="Mine")


def same(a: Extracted, b: Extracted) -> None:
    np.testing.assert_allclose(a.stages, b.stages, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(a.last, b.last, rtol=1e-3, atol=1e-4)
    if a.logits is None or b.logits is None:
        assert a.logits is b.logits
    else:
        np.testing.assert_allclose(a.logits, b.logits, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_what_is_extracted_is_what_the_network_gives(architecture: str) -> None:
    network, data = network_of(architecture), data_set()
    x = torch.from_numpy(prepare(data, Preprocessing()))
    extracted = extract(network, data, Preprocessing())
    with torch.no_grad():
        stages, last, logits = network.stage_features(x), network.features(x), network(x)
    same(extracted, Extracted(stages.numpy(), last.numpy(), logits.numpy()))
    assert {array.dtype for array in (extracted.stages, extracted.last, extracted.logits)} == {
        np.dtype("f4")
    }


@pytest.mark.parametrize("architecture", ANY_LENGTH)
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_a_series_features_do_not_depend_on_its_batch(
    architecture: str, ragged: bool, n_channels: int
) -> None:
    network, data, unequal = (
        network_of(architecture),
        data_set(n_channels=n_channels, ragged=ragged),
        Preprocessing(unequal=ragged),
    )
    whole = extract(network, data, unequal)
    for batch_size in (1, 2, 4, 100):
        same(extract(network, data, unequal, batch_size=batch_size), whole)
    for i in range(data.n_series):
        alone = extract(network, data.take([i]), unequal)
        np.testing.assert_allclose(alone.stages[0], whole.stages[i], rtol=1e-3, atol=1e-4)


def test_a_source_of_one_channel_serves_several_without_its_head() -> None:
    network, data = network_of("inception"), data_set(n_channels=3)
    together = extract(network, data, Preprocessing())
    assert together.logits is None
    for c, (stages, last) in enumerate(
        zip(np.split(together.stages, 3, axis=1), np.split(together.last, 3, axis=1), strict=True)
    ):
        one = extract(network, Dataset.from_arrays(data.series[:, c], name="One"), Preprocessing())
        np.testing.assert_allclose(stages, one.stages, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(last, one.last, rtol=1e-3, atol=1e-4)
    apart = extract(network_of("inception", 3, channels_apart=True), data, Preprocessing())
    assert apart.logits is not None
    assert apart.logits.shape == (9, 3)


def test_raw_features_and_logits_of_a_head_on_all_stages() -> None:
    network, data = network_of("fcn", readout="stages"), data_set()
    with torch.no_grad():
        network.spread.fill_(2.0)
    extracted = extract(network, data, Preprocessing())
    x = torch.from_numpy(prepare(data, Preprocessing()))
    with torch.no_grad():
        np.testing.assert_allclose(
            extracted.stages, network.stage_features(x), rtol=1e-3, atol=1e-4
        )
        np.testing.assert_allclose(extracted.logits, network(x), rtol=1e-3, atol=1e-4)


def test_what_goes_through_at_a_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    network, sizes = network_of("fcn"), []
    # two series of 20 points, 5 maps wide
    monkeypatch.setattr(features_module, "VALUES_A_BATCH", 2 * 20 * 5)
    plain = network.features_of_reduced

    def counted(x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        sizes.append(len(x))
        return plain(x, lengths)

    monkeypatch.setattr(network, "features_of_reduced", counted)
    seen: list[tuple[int, int]] = []
    extract(network, data_set(), Preprocessing(), progress=lambda *done: seen.append(done))
    assert sizes == [2, 2, 2, 2, 1]
    assert seen == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]
    sizes.clear()
    # one series has more channels than that
    extract(network, data_set(n_series=2, n_channels=5), Preprocessing())
    assert sizes == [2, 2, 1, 2, 2, 1]


def test_what_a_network_cannot_take_is_refused() -> None:
    with pytest.raises(
        ModelError,
        match=r"^Mine: 3 channel\(s\); the network sees 2 together, and takes no others\.$",
    ):
        extract(network_of("fcn", 2), data_set(n_channels=3), Preprocessing())
    with pytest.raises(
        ModelError, match=r"^series of 21 points: this network has a weight for each of 20 points"
    ):
        extract(network_of("mlp"), data_set(length=21), Preprocessing())
    with pytest.raises(OptionError, match=r"^batch_size must be 1 or more, not 0\.$"):
        extract(network_of("fcn"), make_toy(), Preprocessing(), batch_size=0)


def test_a_difference_that_is_constant_has_a_gradient_of_zeros():
    x = torch.arange(6.0).repeat(2, 1, 1).requires_grad_()
    differences, _ = first_difference(x, torch.tensor([6, 2]))
    differences.sum().backward()
    assert torch.equal(x.grad, torch.zeros_like(x))
