"""A small network of every architecture."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "inception": {"depth": 3, "filters": 4, "kernel_lengths": [8, 4, 2], "bottleneck": 4},
    "fcn": {"filters": [4, 5], "kernel_lengths": [4, 3]},
    "resnet": {"widths": [4, 6, 6]},
    "convtimenet": {"filters": 2, "kernel_lengths": [4, 8]},
    "mlp": {"widths": [6]},
}
