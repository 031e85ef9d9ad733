"""The overview of a zoo as a page of Markdown, made from its models' configs."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from textwrap import fill

from tszoo.figures.zoo_accuracy import Measured, comparison_table, comparisons, measured
from tszoo.figures.zoo_sources import OWN_RECIPE, Source, recipe_name
from tszoo.models.card.markdown import escaped
from tszoo.models.config import ModelConfig
from tszoo.storage.layout import CARD
from tszoo.zoo.order import UNKNOWN, in_order, kind_of

_RECIPES = {
    "fast": "a tenth of the paper's steps or fewer, small ones, with cosine decay",
    "finetune": "as `fast` with a lower learning rate, the head alone at first",
    "converged": "the paper's, ended when nothing is left to learn",
    "paper": "the paper's, all of its epochs",
    OWN_RECIPE: "numbers of its own, which the card tells",
}

_CHOOSING = """\
With labelled series of your own, ask: `tszoo recommend my.csv` compares them with the prototypes of all sources, runs
the nearest ones on them, and weighs the best against doing without; `tszoo finetune my.csv --out my-model` does what
comes first. Without, look for what is like your data:

- **The kind** of measurement, then **the length**: a source has seen patterns of some width in points. Networks take
  series of any length, and their head is replaced, so that the number of classes need not agree.
- **Series and classes**: more of them make a body that has seen more. A joint model has learnt many data sets.
- **Members**: five networks are five times as large and as slow as one, and a little more accurate. From one network
  `tszoo finetune --members 5` makes five as well; they then start from the same body.
- **The accuracy** says how well a source has learnt its own data, not what it will be worth for yours.

`tszoo list --kind ECG`, `tszoo list --sort length` and `tszoo info MODEL` tell the same on the command line.\
"""

_MAP = """\
Data sets that look alike lie close together: the distance of two is that of their nearest prototypes by dynamic time
warping, by which `tszoo recommend --method dtw` ranks. Long series lie far out, because distances grow with length.
Joint models, which have the prototypes of all their data sets, are left out.

![The data sets of the zoo as points in the plane, coloured by kind]({picture})\
"""


def zoo_page(
    sources: Sequence[Source],
    published: Mapping[str, float],
    *,
    folder: Path,
    picture: str,
    complete: Sequence[Measured] = (),
) -> str:
    """Write the page.

    Parameters
    ----------
    sources : sequence of Source
    published : mapping of str to float
        InceptionTime's published accuracy, by data set.
    folder : Path
        Where the page will lie, for its links.
    picture : str
        The file of the map beside it.
    complete : sequence of Measured
        What all sources reached that were ever trained, where these models are some of them, or
        fewer members.
    """
    single = [one for one in sources if not one.entry.parts]
    joint = [one for one in sources if one.entry.parts]
    parts = [
        "# The zoo",
        _summary(single, joint),
        _section("How to choose", _CHOOSING),
        _section("How they were trained", _trained(sources)),
        _section("Accuracy", _accuracy(measured(single, published), complete)),
        _section("Sources", _kinds(single, published, folder)),
        _section("Joint models", _joint(joint, folder)),
        _section("Map", _MAP.format(picture=picture) if single else ""),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _paragraph(text: str) -> str:
    return fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, texts: int = 1) -> str:
    """Write a table whose first columns are text and whose others are numbers."""
    lines = [f"| {' | '.join(columns)} |", "|---" * texts + "|---:" * (len(columns) - texts) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def _summary(single: Sequence[Source], joint: Sequence[Source]) -> str:
    everything = [*single, *joint]
    members = Counter(one.entry.members for one in everything)
    count = {n: "all" if len(members) == 1 else members[n] for n in sorted(members)}
    sizes = [f"{count[n]} of {'one network' if n == 1 else f'{n} networks'}" for n in count]
    mib = sum(one.entry.bytes for one in everything) / 2**20
    kinds = Counter(kind_of(one.entry) for one in single)
    named = [
        f"{escaped(kind)} ({kinds[kind]})"
        for kind in sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    ]
    also = f" and {len(joint)} of several at once" if joint else ""
    what = (
        f"{len(everything)} pretrained models, {len(single)} of one data set each{also}: "
        f"{', '.join(sizes)}; {mib:.0f} MiB of weights. Each is a folder with weights, config, "
        "card, and one typical series a class, its prototypes."
    )
    return (
        f"{_paragraph(what)}\n\n{_paragraph('By kind of measurement: ' + ', '.join(named) + '.')}"
    )


def _trained(sources: Sequence[Source]) -> str:
    groups: dict[tuple[str, str, int], list[ModelConfig]] = defaultdict(list)
    for one in sources:
        network = one.config.architecture + (", joint" if one.entry.parts else "")
        groups[network, recipe_name(one.config), one.config.members].append(one.config)
    rows = [
        (
            network,
            f"`{recipe}`",
            _devices(configs),
            len(configs),
            members,
            _epochs(configs),
            _seconds(configs),
        )
        for (network, recipe, members), configs in sorted(
            groups.items(), key=lambda item: (-len(item[1]), item[0])
        )
    ]
    used = {recipe_name(one.config) for one in sources}
    told = "\n".join(f"- `{name}`: {text}." for name, text in _RECIPES.items() if name in used)
    columns = (
        "network",
        "recipe",
        "trained on",
        "models",
        "members",
        "epochs a network",
        "median seconds a model",
    )
    how = (
        "Every source was trained from scratch on the training split alone, each series brought "
        "to mean 0 and standard deviation 1. Members differ in their seed. The test split was "
        "read once, to report; nothing was chosen by it. Each card has every number."
    )
    return f"{_paragraph(how)}\n\n{_table(columns, rows, texts=3)}\n\n{told}"


def _devices(configs: Sequence[ModelConfig]) -> str:
    return ", ".join(
        sorted({escaped(str(one.training.get("device", "not known"))) for one in configs})
    )


def _epochs(configs: Sequence[ModelConfig]) -> str:
    counts = [count for one in configs for count in one.training.get("epochs") or ()]
    if not counts:
        return "–"
    return str(min(counts)) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _seconds(configs: Sequence[ModelConfig]) -> str:
    """Tell a median only where all are known: of a model that has lost members, the time is not."""
    known = [one.training["seconds"] for one in configs if one.training.get("seconds") is not None]
    return "–" if len(known) < len(configs) else f"{median(known):.0f}"


def _accuracy(rows: Sequence[Measured], complete: Sequence[Measured]) -> str:
    here, all_ = comparisons(rows), comparisons(complete)
    blocks = {
        "Of the models here": here,
        "Of the complete zoo, with all members": all_ if all_ != here else [],
    }
    tables = [f"{title}:\n\n{comparison_table(pairs)}" for title, pairs in blocks.items() if pairs]
    if not tables:
        return ""
    odd = sorted({row.dataset for row in (*rows, *complete) if row.is_published_a_guess})
    guess = (
        f" The published figure of {', '.join(odd)} is a guess's, that of a run that failed."
        if odd
        else ""
    )
    beside = (
        "On the test splits, beside the accuracy that InceptionTime's authors published: five "
        f"networks of 1500 epochs together.{guess}"
    )
    return "\n\n".join([_paragraph(beside), *tables])


def _kinds(single: Sequence[Source], published: Mapping[str, float], folder: Path) -> str:
    kinds: dict[str, list[Source]] = defaultdict(list)
    by_name = {one.entry.model: one for one in single}
    for entry in in_order([one.entry for one in single], "kind"):
        kinds[kind_of(entry)].append(by_name[entry.model])
    columns = ("source", "series", "classes", "length", "members", "accuracy", "published", "MiB")
    text = []
    for kind, ones in kinds.items():
        rows = [
            (
                _link(one, folder),
                *_facts(one),
                _share(one.entry.accuracy),
                _share(known),
                _size(one),
            )
            for one, known in ((one, published.get(one.entry.dataset)) for one in ones)
        ]
        title = "Of other kinds" if kind == UNKNOWN else kind[0].upper() + kind[1:]
        text.append(f"### {escaped(title)}\n\n{_table(columns, rows)}")
    return "\n\n".join(text)


def _joint(joint: Sequence[Source], folder: Path) -> str:
    if not joint:
        return ""
    columns = (
        "model",
        "data sets",
        "series",
        "classes",
        "longest",
        "members",
        "mean accuracy",
        "MiB",
    )
    rows = [
        (
            _link(one, folder),
            len(one.entry.parts),
            *_facts(one),
            _share(one.entry.accuracy),
            _size(one),
        )
        for one in joint
    ]
    held = [
        _paragraph(
            f"- {escaped(one.entry.model)}: "
            f"{', '.join(escaped(part.dataset) for part in one.entry.parts)}."
        )
        for one in joint
    ]
    what = (
        "One body that has learnt many data sets at once, with a softmax for each. The accuracy "
        "is the mean over those that have a test split."
    )
    return "\n\n".join(
        [_paragraph(what), _table(columns, rows), "What is in them:", "\n".join(held)]
    )


def _link(one: Source, folder: Path) -> str:
    card = Path(os.path.relpath((one.folder / CARD).resolve(), folder.resolve())).as_posix()
    return f"[{escaped(one.entry.model)}]({card})"


def _facts(one: Source) -> tuple[int, int, int, int]:
    return one.entry.n_series, one.entry.n_classes, one.entry.length, one.entry.members


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _size(one: Source) -> str:
    return f"{one.entry.bytes / 2**20:.1f}"
