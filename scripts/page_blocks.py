"""Writes what a script has made into a page that people write: between two marks, nothing else."""

from __future__ import annotations

import re

from tszoo.errors import DataError


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with another text between ``<!-- NAME -->`` and ``<!-- end of NAME -->``.

    Raises
    ------
    DataError
        If the page does not have these marks once, in this order.
    """
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(first)}.*?{re.escape(last)}", flags=re.DOTALL)
    if len(pattern.findall(page)) != 1:
        msg = f"the page needs {first} and {last}, once and in this order."
        raise DataError(msg)
    between = "\n\n".join(filter(None, (first, text, last)))
    return pattern.sub(lambda _: between, page)


def block_of(page: str, name: str) -> str:
    """Return what stands between the marks of a block, without the lines around it."""
    _, _, rest = page.partition(f"<!-- {name} -->")
    text, _, _ = rest.partition(f"<!-- end of {name} -->")
    return text.strip()
