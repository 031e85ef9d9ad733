from __future__ import annotations

import io

import numpy as np
import pytest

from tests.support.pictures import PNG
from tszoo.errors import OptionError
from tszoo.figures.tasks import draw_made_up


def waves(n_tasks: int, n_classes: int, n_series: int, length: int = 50) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((n_tasks, n_classes, n_series, length))
    return noise.cumsum(axis=-1).astype(np.float32)


def size(png: bytes) -> tuple[int, int]:
    image = pytest.importorskip("PIL.Image")
    return image.open(io.BytesIO(png)).size


def test_a_picture_grows_with_tasks_and_classes():
    pytest.importorskip("matplotlib")
    small, large = draw_made_up(waves(1, 2, 2)), draw_made_up(waves(3, 4, 2))
    assert small.startswith(PNG)
    assert size(large) == (2 * size(small)[0], pytest.approx(3 * size(small)[1], abs=2))
    assert small == draw_made_up(waves(1, 2, 2))
    assert small != draw_made_up(-waves(1, 2, 2))


def test_series_are_drawn_whatever_their_scale():
    pytest.importorskip("matplotlib")
    tasks = waves(1, 1, 2)
    scaled = tasks * np.array([[1e-3], [1e3]], dtype=np.float32)
    assert draw_made_up(scaled) == draw_made_up(tasks)
    flat = draw_made_up(np.ones((1, 1, 1, 5), dtype=np.float32))
    assert flat != draw_made_up(waves(1, 1, 1, 5))


@pytest.mark.parametrize("shape", [(7, 2, 2, 8), (2, 7, 2, 8), (1, 2, 7, 8), (0, 2, 2, 8), (2, 8)])
def test_what_cannot_be_drawn_is_refused(shape):
    with pytest.raises(OptionError, match=r"expected .*, with 1 to 6 tasks, classes and series"):
        draw_made_up(np.zeros(shape, dtype=np.float32))
