"""Folders as SageMaker lays them out in a container, and processes that work in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import warm
from tests.support.toys import make_toy
from tszoo.serving.sagemaker.layout import Layout

SAGEMAKER = (sys.executable, "-W", "error", "-m", "tszoo.serving.sagemaker")


def container(root: Path, hyperparameters: dict[str, Any] | None = None, **channels: Any) -> Layout:
    """Make the folders; of each channel, CSV files by name, as rows of text."""
    layout = Layout(root)
    for folder in (layout.model, root / "output", root / "input" / "config", layout.channels):
        folder.mkdir(parents=True)
    values = {name: str(value) for name, value in (hyperparameters or {}).items()}
    config(layout, "hyperparameters.json", values)
    for channel, files in channels.items():
        layout.channel(channel).mkdir()
        for name, rows in files.items():
            (layout.channel(channel) / name).write_text(rows)
    return layout


def config(layout: Layout, name: str, values: Any) -> None:
    (layout.root / "input" / "config" / name).write_text(json.dumps(values))


def rows(seed: int = 0, n_series: int = 12, labels: str = "ab", **toy: Any) -> str:
    """Series as lines of a CSV, labels first, without a header."""
    data = make_toy(n_series, seed=seed, n_classes=len(labels), **toy)
    assert data.labels is not None
    return "".join(
        f"{labels[label]}," + ",".join(f"{value:.5g}" for value in series.reshape(-1)) + "\n"
        for series, label in zip(data.series, data.labels, strict=True)
    )


def trained(layout: Layout) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own."""
    command = [*SAGEMAKER, "train", "--root", str(layout.root)]
    return warm.run(command, capture_output=True, text=True)


def started(what: str, layout: Layout, *options: str) -> subprocess.Popen[str]:
    """Start a process; its log comes line by line."""
    command = [*SAGEMAKER, what, "--root", str(layout.root), *options]
    return warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
