"""tslearn as a reference: in plain Python, because compiling it takes longer than running it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from numba import config


def tslearn(module: str) -> ModuleType:
    """Import a module of tslearn, and leave its functions as they are written."""
    before = config.DISABLE_JIT
    config.DISABLE_JIT = True
    try:
        return import_module(f"tslearn.{module}")
    finally:
        config.DISABLE_JIT = before
