"""Graphs and transforms of networks against the networks themselves, on other series."""

from __future__ import annotations

import io
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.support.scrambled import scrambled
from tests.support.small import SMALL
from tszoo.nets import fusion
from tszoo.nets.network import Network
from tszoo.nets.registry import ARCHITECTURES, build
from tszoo.nets.tracing import is_traced

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")

LENGTH = 20
READOUTS: dict[str, dict[str, Any]] = {
    "mean": {},
    "stages": {"readout": "stages"},
    "resampled": {"readout": "stages", "resampled": 8},
    "apart": {"channels_apart": True, "readout": "stages"},
}
CASES = [
    (architecture, readout, is_masked)
    for architecture, readout, is_masked in product(SMALL, READOUTS, (False, True))
    if architecture != "mlp" or not (is_masked or readout == "resampled")
]
# an export takes seconds: what differs between networks is traced by all, and exported by some
EXPORTED = [("fcn", "mean", True), ("mlp", "mean", False), ("convtimenet", "mean", False)]
# every network with every readout, and each of them with a mask and without one, turn by turn
USUAL = [
    (architecture, readout, (row + column) % 2 == 1 and architecture != "mlp")
    for row, architecture in enumerate(SMALL)
    for column, readout in enumerate(READOUTS)
]
cases = pytest.mark.parametrize(
    ("architecture", "readout", "is_masked"),
    [pytest.param(*case, marks=[] if case in USUAL else pytest.mark.slow) for case in CASES],
)
exported = pytest.mark.parametrize(
    ("architecture", "readout", "is_masked"),
    [pytest.param(*case, marks=[] if case in EXPORTED else pytest.mark.slow) for case in CASES],
)


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that runs where only PyTorch may run fails the test."""

    def refuse(kernel: str, *args: Any) -> None:
        pytest.fail(f"the kernel {kernel} ran")

    monkeypatch.setattr(fusion, "run_kernel", refuse)


def network_of(architecture: str, readout: str) -> Network:
    shape = {**SMALL[architecture], **READOUTS[readout]}
    return scrambled(build(architecture, shape, 2, 3, length=LENGTH))


def batch(n_series: int, length: int, is_masked: bool, seed: int) -> tuple[Tensor, ...]:
    """Draw series, and with a mask, lengths from 1 up."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_series, 2, length, generator=generator)
    if not is_masked:
        return (x,)
    lengths = torch.randint(1, length + 1, (n_series,), generator=generator)
    lengths[0], lengths[1] = length, 1
    is_point = torch.arange(length) < lengths[:, None]
    return x * is_point[:, None], lengths


def two_batches(architecture: str, is_masked: bool) -> tuple[tuple[Tensor, ...], ...]:
    """Draw what is traced, and what the graph is then run on: of another size, where it may be."""
    longer = LENGTH if architecture == "mlp" else 37
    return batch(4, LENGTH, is_masked, seed=0), batch(7, longer, is_masked, seed=1)


def assert_agrees(ours: Tensor, expected: Tensor) -> None:
    """To 1e-5 of the largest number."""
    largest = expected.abs().max()
    assert largest > 0
    torch.testing.assert_close(ours / largest, expected / largest, rtol=0, atol=1e-5)


def dynamic_axes(architecture: str, is_masked: bool) -> tuple[dict[int, Any], ...]:
    n_series, time = torch.export.Dim("n_series"), torch.export.Dim("time")
    axes = {0: n_series} if architecture == "mlp" else {0: n_series, 2: time}
    return (axes, {0: n_series}) if is_masked else (axes,)


def test_every_network_is_here() -> None:
    assert set(SMALL) == set(ARCHITECTURES)


@cases
def test_a_trace_is_the_network_on_other_series(
    architecture: str, readout: str, is_masked: bool
) -> None:
    network = network_of(architecture, readout)
    first, second = two_batches(architecture, is_masked)
    traced = torch.jit.trace(network, first, check_trace=False)
    assert_agrees(traced(*first), network(*first))
    assert_agrees(traced(*second), network(*second))


@pytest.mark.parametrize("architecture", sorted(set(SMALL) - {"mlp"}))
def test_a_trace_of_one_point_is_the_network_on_longer_series(architecture: str) -> None:
    network = network_of(architecture, "stages")
    traced = torch.jit.trace(network, batch(3, 1, False, seed=0), check_trace=False)
    longer = batch(5, 9, False, seed=1)
    assert_agrees(traced(*longer), network(*longer))


@exported
def test_an_export_is_the_network_on_other_series(
    architecture: str, readout: str, is_masked: bool
) -> None:
    network = network_of(architecture, readout)
    first, second = two_batches(architecture, is_masked)
    axes = dynamic_axes(architecture, is_masked)
    graph = torch.export.export(network, first, dynamic_shapes=axes).module()
    assert_agrees(graph(*first), network(*first))
    assert_agrees(graph(*second), network(*second))


@pytest.mark.parametrize("is_new", [False, True], ids=["older exporter", "newer exporter"])
@exported
@pytest.mark.filterwarnings("ignore")  # both exporters warn of themselves
def test_onnx_is_the_network_on_other_series(
    architecture: str, readout: str, is_masked: bool, is_new: bool, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    network = network_of(architecture, readout)
    first, second = two_batches(architecture, is_masked)
    names = ["x", "lengths"][: len(first)]
    axes = dynamic_axes(architecture, is_masked)
    if is_new:
        file = tmp_path / "network.onnx"
        torch.onnx.export(
            network, first, file, dynamo=True, input_names=names, dynamic_shapes=axes, verbose=False
        )
        content = file.read_bytes()
    else:
        stream = io.BytesIO()
        named = {
            name: {axis: dim.__name__ for axis, dim in of_input.items()}
            for name, of_input in zip(names, axes, strict=True)
        }
        torch.onnx.export(
            network, first, stream, dynamo=False, input_names=names, dynamic_axes=named
        )
        content = stream.getvalue()
    session = runtime.InferenceSession(content)
    for inputs in (first, second):
        fed = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        assert_agrees(torch.from_numpy(session.run(None, fed)[0]), network(*inputs))


@cases
def test_vmap_is_the_network(architecture: str, readout: str, is_masked: bool) -> None:
    network = network_of(architecture, readout)
    inputs = two_batches(architecture, is_masked)[1]

    def of_series(*series: Tensor) -> Tensor:
        return network(*(tensor[None] for tensor in series))[0]

    assert_agrees(torch.func.vmap(of_series)(*inputs), network(*inputs))


@cases
def test_jacrev_is_the_jacobian(architecture: str, readout: str, is_masked: bool) -> None:
    network = network_of(architecture, readout)
    x, *lengths = batch(3, LENGTH, is_masked, seed=0)

    def logits(series: Tensor) -> Tensor:
        return network(series, *lengths)

    expected = torch.autograd.functional.jacobian(logits, x)
    assert expected.isfinite().all()
    assert_agrees(torch.func.jacrev(logits)(x), expected)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # of PyTorch's own batch norm
@pytest.mark.parametrize("architecture", sorted(set(SMALL) - {"mlp"}))
def test_a_trace_in_training_mode_is_the_network(architecture: str) -> None:
    network = network_of(architecture, "mean").double().train()
    first, second = (inputs[0].double() for inputs in two_batches(architecture, False))
    expected = network(second)  # in double precision, nothing is fused
    traced = torch.jit.trace(network.float(), first.float(), check_trace=False)
    assert_agrees(traced(second.float()).double(), expected)


@pytest.mark.parametrize("architecture", SMALL)
@pytest.mark.parametrize("readout", ["mean", "stages"])
def test_evaluation_with_gradients_runs_no_kernel(architecture: str, readout: str) -> None:
    network = network_of(architecture, readout)
    x = batch(3, LENGTH, False, seed=0)[0].requires_grad_()
    (gradient,) = torch.autograd.grad(network(x).sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_what_is_traced_and_what_is_not() -> None:
    seen: list[bool] = []

    def look(x: Tensor) -> Tensor:
        seen.append(is_traced())
        return 2 * x

    x = torch.ones(2)
    look(x)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        look(x)
    assert seen == [False, False]
    seen.clear()
    torch.jit.trace(look, x, check_trace=False)
    torch.func.vmap(look)(x)
    torch.func.jacrev(look)(x)
    torch.func.jvp(look, (x,), (x,))
    torch.fx.experimental.proxy_tensor.make_fx(look)(x)
    assert len(seen) >= 5
    assert all(seen)
