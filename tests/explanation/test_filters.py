"""First filters, and what they respond to, against slow and obvious twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.tiny import TINY_ARGS, make_model
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.data.preprocess import Preprocessing, prepare
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.explanation.filters import (
    filter_likeness,
    filter_responses,
    first_filters,
    unit_filters,
)
from tszoo.models.model import Model
from tszoo.nets.layers import SameConv


def units(n: int, n_channels: int, length: int, seed: int = 0) -> np.ndarray:
    filters = np.random.default_rng(seed).standard_normal((n, n_channels, length))
    return filters / np.sqrt((filters**2).sum(axis=(1, 2), keepdims=True))


def model_of(architecture: str, n_channels: int = 1, **args: object) -> Model:
    toy = make_toy(n_channels=n_channels)
    return make_model(toy, members=2, architecture=architecture, architecture_args=args)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("length", [1, 4, 5])
def test_a_response_is_the_energy_along_the_filter(n_channels: int, length: int) -> None:
    rng = np.random.default_rng(1)
    shown = [rng.standard_normal((n_channels, time)) for time in (7, 3)]
    for filters in (units(4, n_channels, length), units(2, n_channels, length, 5)):
        along, energy = np.zeros(len(filters)), 0.0
        for series in shown:
            time = series.shape[1]
            for at in range(time):
                window = np.zeros((n_channels, length))
                for k in range(length):
                    point = at - (length - 1) // 2 + k
                    if 0 <= point < time:
                        window[:, k] = series[:, point]
                energy += (window**2).sum()
                along += [(window * weights).sum() ** 2 for weights in filters]
        assert filter_responses(filters, shown) == pytest.approx(np.sqrt(along / energy))


def test_responses_go_from_nothing_over_noise_to_all() -> None:
    flat, step = np.full((1, 1, 4), 0.5), np.array([[[0.5, 0.5, -0.5, -0.5]]])
    level = [np.full((1, 4000), 3.0)]
    assert filter_responses(flat, level) == pytest.approx([1.0], abs=1e-3)
    assert filter_responses(step, level) == pytest.approx([0.0], abs=0.03)  # but for the ends
    assert filter_responses(flat, [np.zeros((1, 9))]).tolist() == [0.0]
    noise = [np.random.default_rng(0).standard_normal((1, 50_000))]
    assert filter_responses(units(3, 1, 9), noise) == pytest.approx(1 / 3, rel=0.02)


def test_likeness_is_the_best_correlation_over_all_shifts() -> None:
    filters = units(5, 2, 6)
    filters[4] = 0.0
    filters[4, :, 1:] = filters[0, :, :-1]  # the first one, a point later
    likeness = filter_likeness(filters)
    for i, one in enumerate(filters):
        for j, other in enumerate(filters):
            by_shift = [
                sum(np.correlate(one[c], other[c], mode="full")[shift] for c in range(2))
                for shift in range(11)
            ]
            assert likeness[i, j] == pytest.approx(max(by_shift), abs=1e-12)
    assert likeness[0, 4] == pytest.approx((filters[0, :, :-1] ** 2).sum())


def test_alike_filters_stand_side_by_side_and_keep_their_numbers() -> None:
    model = make_model(make_toy(length=32), members=1)
    banks = first_filters(model, [make_toy(seed=5)])
    assert [bank.length for bank in banks] == [2, 4, 8]
    (body,) = (network.body for network in model.networks)
    with torch.no_grad():  # the second and the fourth filter are nearly the same
        weights = body.inceptions[0].convolutions[0].weight
        weights[3] = weights[1] * 5 + 1e-3 * weights[0]
    bank = first_filters(model, [make_toy(seed=5)])[-1]
    places = bank.numbers.tolist()
    assert abs(places.index(1) - places.index(3)) == 1
    raw = weights[:, 0].detach().double().numpy()
    for number, filters in zip(bank.numbers, bank.filters, strict=True):
        assert filters == pytest.approx(raw[number] / np.linalg.norm(raw[number]))


@pytest.mark.parametrize(
    ("architecture", "args", "shapes"),
    [
        ("inception", TINY_ARGS, [(4, 3, 2), (4, 3, 4), (4, 3, 8)]),
        ("inception", {**TINY_ARGS, "bottleneck": 0}, [(4, 3, 2), (4, 3, 4), (4, 3, 8)]),
        ("fcn", {"filters": [5, 4, 3]}, [(5, 3, 8)]),
        ("resnet", {"widths": [4, 4, 4]}, [(4, 3, 8)]),
        ("convtimenet", {"filters": 2, "kernel_lengths": [4, 8]}, [(2, 3, 4), (2, 3, 8)]),
    ],
)
def test_every_architecture_has_its_first_filters(
    architecture: str, args: dict, shapes: list[tuple[int, int, int]]
) -> None:
    network = model_of(architecture, 3, **args).networks[0]
    filters = unit_filters(network)
    assert [found.shape for found in filters] == shapes
    weights = {
        part.weight.shape[3]: part.weight[:, :, 0].detach().double().numpy()
        for part in reversed(list(network.body.modules()))
        if isinstance(part, SameConv) and part.weight.shape[1] == 3
    }
    for found in filters:
        assert (found**2).sum(axis=(1, 2)) == pytest.approx(1.0)
        if args.get("bottleneck") is None:
            raw = weights[found.shape[2]]
            assert found == pytest.approx(raw / np.linalg.norm(raw, axis=(1, 2), keepdims=True))


def test_a_filter_behind_a_bottleneck_is_what_both_make_of_series() -> None:
    network = model_of("inception", 3, **TINY_ARGS).networks[0]
    module = network.body.inceptions[0]
    x = torch.randn(1, 3, 1, 20, generator=torch.Generator().manual_seed(0))
    for convolution, found in zip(module.convolutions, unit_filters(network)[::-1], strict=True):
        length = found.shape[2]
        with torch.no_grad():
            answers = convolution(module.bottleneck(x))[0, :, 0, 5 + convolution.left]
        made = np.einsum("fck,ck->f", found, x[0, :, 0, 5 : 5 + length].double().numpy())
        scales = answers.double().numpy() / made
        raw = next(filters for filters in module.filters() if filters.shape[2] == length)
        assert scales == pytest.approx(
            raw.detach().double().flatten(1).norm(dim=1).numpy(), rel=1e-3
        )


def test_data_are_shown_as_the_network_sees_them() -> None:
    model = make_model(make_toy(), members=2)
    toy = make_toy(6, length=20, seed=3)
    rows = [toy.series[0, :, :9], toy.series[1], toy.series[2]]
    ragged = Dataset.from_arrays(rows, ["a", "b", "a"], name="Ragged", layout="NCT", unequal=True)
    banks = first_filters(model, [toy, ragged], member=1)
    for bank in banks:
        shown = [list(prepare(toy, Preprocessing()).astype(float))]
        padded = prepare(ragged, Preprocessing(unequal=True)).astype(float)
        shown.append([padded[0, :, :9], padded[1], padded[2]])
        for k, series in enumerate(shown):
            assert bank.responses[:, k] == pytest.approx(filter_responses(bank.filters, series))
        assert (bank.answers == (bank.responses > 1.25 / np.sqrt(bank.length))).all()


def test_channels_that_are_seen_one_at_a_time_are_shown_so() -> None:
    toy = make_toy(4, n_channels=2, seed=3)
    bank = first_filters(make_model(make_toy(), members=1), [toy])[0]
    series = prepare(toy, Preprocessing()).astype(float).reshape(8, 1, -1)
    assert bank.responses[:, 0] == pytest.approx(filter_responses(bank.filters, list(series)))


def test_what_cannot_be_is_refused() -> None:
    model = make_model(make_toy(n_channels=2), members=2)
    with pytest.raises(OptionError, match=r"member=2: inception\.Toy has members 0 to 1"):
        first_filters(model, member=2)
    with pytest.raises(DataError, match=r"Mine: 3 channel\(s\); the filters read 2 together"):
        first_filters(model, [replace(make_toy(n_channels=3), name="Mine")])
    with pytest.raises(ModelError, match="networks of kind mlp have no filters"):
        first_filters(model_of("mlp"))
