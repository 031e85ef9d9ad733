"""What several tests of readers write."""

from __future__ import annotations

import pytest


@pytest.fixture
def put(tmp_path):
    """Write a table's rows, and return its path."""

    def write(rows, name="a.csv", mark=","):
        path = tmp_path / name
        lines = [row if isinstance(row, str) else mark.join(map(str, row)) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
