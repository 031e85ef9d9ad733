"""Pictures of runs and of nodes."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.support.tiny import make_model
from tszoo.cli import app
from tszoo.errors import DataError, MissingExtraError, OptionError
from tszoo.figures.nodes import draw_nodes
from tszoo.figures.run import draw_run
from tszoo.training.epoch import EpochReport
from tszoo.training.watch.node_record import NodeHistory, read_nodes
from tszoo.training.watch.nodes import NodeRecorder
from tszoo.training.watch.runlog import RunLog, read_runlog

PNG = b"\x89PNG\r\n\x1a\n"
NETWORK = make_model(members=1).networks[0]


def write(
    path: Path, members: int = 2, epochs: int = 5, validation: bool = True, lowest: float = 1e-3
) -> Path:
    log = RunLog(path, {"data": "Toy"})
    for epoch in range(1, epochs + 1):
        for member in range(members):
            held = (2 * lowest ** (epoch / epochs), 0.5) if validation else ()
            log(
                member,
                EpochReport(epoch, epochs, lowest ** (epoch / epochs), 0.75, 0.1, 1.0, *held),
                NETWORK,
            )
    return path


@pytest.fixture(scope="module")
def nodes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nodes")
    network = make_model(members=1).networks[0]
    recorder = NodeRecorder(
        folder, torch.randn((2, 1, 16), generator=torch.Generator().manual_seed(0))
    )
    for epoch in range(1, 5):
        network.body.inceptions[1].pooled.weight.data.add_(0.1)
        recorder(0, EpochReport(epoch, 4, 0.5, 0.5, 0.1, 1.0), network)
    return folder / "member-0.nodes.safetensors"


def words(draw, out: Path) -> str:
    matplotlib = pytest.importorskip("matplotlib")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        draw(out)
    return out.read_text()


def test_a_run_is_drawn_and_the_same_again(tmp_path):
    path = write(tmp_path / "run $1.jsonl")
    text = words(lambda out: draw_run(path, out), tmp_path / "a.svg")
    for word in (
        "loss",
        "accuracy",
        "learning rate",
        "epoch",
        "training (2 members)",
        "validation (2 members)",
    ):
        assert f">{word}<" in text
    assert "run $1.jsonl" in text
    assert text == words(
        lambda out: draw_run(read_runlog(path), out, title=path.name), tmp_path / "b.svg"
    )


def test_validation_is_drawn_only_where_there_is_one(tmp_path):
    path = write(tmp_path / "run.jsonl", members=1, validation=False)
    text = words(lambda out: draw_run(path, out), tmp_path / "a.svg")
    assert ">training<" in text
    assert "validation" not in text


@pytest.mark.parametrize(("lowest", "logarithmic"), [(1e-3, True), (0.9, False), (0.0, False)])
def test_losses_far_apart_are_on_a_logarithmic_scale(lowest, logarithmic, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from tszoo.figures import run

    figures = []
    monkeypatch.setattr(run, "save_figure", lambda figure, out: figures.append(figure))
    draw_run(write(tmp_path / "run.jsonl", lowest=lowest), tmp_path / "a.svg")
    loss, accuracy, rate = figures[0].axes
    assert loss.get_yscale() == ("log" if logarithmic else "linear")
    assert [len(axes.lines) for axes in (loss, accuracy, rate)] == [4, 4, 2]
    assert np.asarray(loss.lines[0].get_xdata()).tolist() == [1, 2, 3, 4, 5]


def test_odd_runs_are_drawn_too(tmp_path):
    pytest.importorskip("matplotlib")
    log = RunLog(tmp_path / "odd.jsonl", {})
    log(3, EpochReport(7, 9, math.inf, 0.5, 0.0, 0.0, math.nan, 0.5), NETWORK)
    for path in (tmp_path / "odd.jsonl", write(tmp_path / "one.jsonl", members=12, epochs=1)):
        draw_run(path, tmp_path / "odd.png")
        assert (tmp_path / "odd.png").read_bytes().startswith(PNG)
    RunLog(tmp_path / "empty.jsonl", {})
    with pytest.raises(DataError, match="no epoch yet; there is nothing to draw"):
        draw_run(tmp_path / "empty.jsonl", tmp_path / "odd.png")


def test_nodes_are_drawn(nodes, tmp_path):
    text = words(lambda out: draw_nodes(nodes, out), tmp_path / "nodes.svg")
    for word in (
        "angle of the weight vector",
        "change of the weight vector",
        "activations, epoch 1 ",
        "epoch 4 ",
    ):
        assert word in text
    for layer in ("inceptions.0.convolutions.0", "shortcuts.0.0", "head", "inceptions.2"):
        assert f">{layer}<" in text


def test_heat_maps_show_what_was_recorded(nodes, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from tszoo.figures import nodes as module

    figures = []
    monkeypatch.setattr(module, "save_figure", lambda figure, out: figures.append(figure))
    draw_nodes(nodes, tmp_path / "a.png")
    history = read_nodes(nodes)
    angle, growth, first, last = (axes.images[0].get_array() for axes in figures[0].axes[:4])
    expected = np.concatenate([array.T for array in history.angle.values()])
    assert angle.shape == growth.shape == expected.shape
    turned = expected > 0
    assert 0 < turned.sum() < turned.size
    np.testing.assert_allclose(angle[turned], expected[turned])
    assert angle[~turned].max() <= angle[turned].min()
    assert (
        first.shape
        == last.shape
        == (sum(array.shape[1] for array in history.histogram.values()), 32)
    )
    np.testing.assert_allclose((np.asarray(last) ** 2).sum(axis=1), 1.0)


def test_records_of_either_kind_alone_are_drawn(nodes, tmp_path):
    pytest.importorskip("matplotlib")
    whole, none = read_nodes(nodes), np.zeros(0, dtype=np.int64)
    changes = NodeHistory(0, (1, 1), whole.epoch, whole.angle, whole.growth, none, {}, {})
    activations = NodeHistory(
        0, (1, 1), none, {}, {}, whole.histogram_epoch, whole.histogram, whole.span
    )
    still = {name: np.zeros_like(array) for name, array in whole.angle.items()}
    blank = {name: np.full_like(array, np.nan) for name, array in whole.angle.items()}
    for angle in (still, blank):
        draw_nodes(
            NodeHistory(0, (1, 1), whole.epoch, angle, angle, none, {}, {}), tmp_path / "a.png"
        )
    for one in (changes, activations):
        draw_nodes(one, tmp_path / "a.png", title="$")
        assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    with pytest.raises(DataError, match="no epoch yet; a change needs two"):
        draw_nodes(NodeHistory(0, (1, 1), none, {}, {}, none, {}, {}), tmp_path / "a.png")


def test_the_command_draws_both(nodes, tmp_path):
    pytest.importorskip("matplotlib")
    log, out = write(tmp_path / "run.jsonl"), tmp_path / "a.png"
    sizes = set()
    for more in ([], ["--nodes", str(nodes)]):
        result = CliRunner().invoke(app, ["runlog", str(log), "--plot", str(out), *more])
        assert (result.exit_code, result.output) == (0, f"wrote {out}\n")
        sizes.add(out.read_bytes()[16:24])
    assert len(sizes) == 2  # two different pictures


def test_bad_places_and_a_missing_matplotlib_are_one_line(nodes, tmp_path, monkeypatch):
    log = write(tmp_path / "run.jsonl")
    for draw in (lambda out: draw_run(log, out), lambda out: draw_nodes(nodes, out)):
        with pytest.raises(OptionError, match=r"a\.bmp: figures are saved as"):
            draw(tmp_path / "a.bmp")
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "matplotlib.figure", None)
            with pytest.raises(MissingExtraError, match=r'pip install "tszoo\[plot\]"'):
                draw(tmp_path / "a.png")
