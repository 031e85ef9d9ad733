"""The page that says what a zoo's data sets are, whose they are, and what the licence covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zoo_sources import Source

from tszoo.data.ucr.table import ArchiveSet, archive_sets
from tszoo.models.card.citations import bibtex
from tszoo.models.card.markdown import code, escaped

HEAD = """\
# Where the zoo's data come from

The embedded models have learnt the training splits of data sets of the UCR time series archive, and
nothing else but series that tszoo made up itself ([made-up tasks](synthetic.md)). This page is made
by `scripts/zoo_page cards`, from `tszoo/data/ucr/sets.csv` and the cards.

## What the licence covers

- **tszoo's own**: the code, and the weights, configs and cards in `cards/`, are under Apache-2.0.
- **Not tszoo's**: the data sets. They belong to those who recorded them and gave them to the
  archive. The archive asks those who use it to cite it, and names no licence for its data. So tszoo
  ships none of them, and cannot license them: who wants the data gets them from the archive
  (`tszoo datasets fetch`) and decides whether its terms suit the purpose.
- **Prototypes** are averages of training series, one a class. A class of fewer than three training
  series has none, because it would be one of these series or near to it: `tests/models` holds the
  cards to that, and to there being no training series among the prototypes.

Whoever needs certainty about the rights to a set should ask those who gave it; the archive names
them. What tszoo itself knows of each set stands below: its name in the archive, what was measured,
which sets were cut from the same recordings, and what a series and its class are.
"""


def sources_page(sources: Sequence[Source]) -> str:
    """Write the page for the models of a zoo."""
    learnt = _learnt(sources)
    known = [fact for name, fact in archive_sets().items() if name in learnt]
    unknown = sorted(learnt.keys() - archive_sets().keys())
    parts = [
        HEAD,
        f"## The archive\n\n{code('bibtex', bibtex('archive'))}",
        f"## The {len(known)} data sets\n\n" + _table(known, learnt),
    ]
    if unknown:
        parts.append(f"Of other sources: {', '.join(map(escaped, unknown))}.")
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _learnt(sources: Sequence[Source]) -> Counter[str]:
    """Count how many models have learnt each data set."""
    names = Counter[str]()
    for source in sources:
        data = source.config.trained_on
        single = [] if source.entry.is_universal else [data.dataset]
        names.update([part.dataset for part in data.parts] or single)
    return names


def _table(known: Sequence[ArchiveSet], learnt: Counter[str]) -> str:
    lines = [
        "| data set | measured | same recordings | models | a series and its class |",
        "|---|---|---|---:|---|",
    ]
    for fact in known:
        cells = (fact.dataset, fact.kind, fact.kin, str(learnt[fact.dataset]), fact.about)
        lines.append(f"| {' | '.join(map(escaped, cells))} |")
    return "\n".join(lines)
