"""Writes the overview of a zoo as a page of Markdown, from its models' configs."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from textwrap import fill

from zoo_accuracy import Measured, comparison_table, comparisons, measured
from zoo_sources import EPISODES, OWN_RECIPE, Source, recipe_name

from tszoo.models.card.markdown import escaped
from tszoo.models.config import ModelConfig
from tszoo.storage.layout import CARD
from tszoo.zoo.order import UNKNOWN, in_order, kind_of

_RECIPES = {
    "fast": "a tenth of the paper's steps or fewer, small ones, with cosine decay",
    "finetune": "as `fast` with a lower learning rate, the head alone at first",
    "converged": "the paper's, ended when nothing is left to learn",
    "paper": "the paper's, all of its epochs",
    EPISODES: "a ridge head for every small task, as [universal bodies](universal.md) tells",
    OWN_RECIPE: "numbers of its own, which the card tells",
}

_CHOOSING = """\
With labelled series of your own, ask: `tszoo recommend my.csv` runs the universal bodies and the
nearest sources on them, and weighs the best against doing without;
`tszoo finetune my.csv --out my-model` does what comes first. Without labels, look for what is like
your data:

- **The kind** of measurement, then **the length**: a source has seen patterns of some width in
  points. Networks take series of any length, and their head is replaced, so that the number of
  classes need not agree.
- **Series and classes**: more of them make a body that has seen more. A joint model has learnt many
  data sets.
- **Members**: five networks are five times as large and as slow as one, and a little more accurate.
  From one network `tszoo finetune --members 5` makes five as well; they then start from the same
  body.
- **The accuracy** says how well a source has learnt its own data, not what it will be worth for
  yours.

`tszoo list --kind ECG`, `tszoo list --sort length` and `tszoo info MODEL` tell the same on the
command line.\
"""

_MAP = """\
Data sets that look alike lie close together: the distance of two is that of their nearest
prototypes by dynamic time warping, by which `tszoo recommend --method dtw` ranks. Long series lie
far out, because distances grow with length. Joint models, which have the prototypes of all their
data sets, are left out.

![The data sets of the zoo as points in the plane, coloured by kind]({picture})\
"""
_WIDTH = 100


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
        What the sources of the complete zoo reached, with all their members.
    """
    universal = [source for source in sources if source.entry.is_universal]
    others = [source for source in sources if not source.entry.is_universal]
    single = [source for source in others if not source.entry.parts]
    joint = [source for source in others if source.entry.parts]
    sections = [
        "# The zoo",
        _summary(single, joint, universal),
        _section("How to choose", _CHOOSING),
        _section("How they were trained", _trained(sources)),
        _section("Accuracy", _accuracy(measured(single, published), complete)),
        _section("Sources", _kinds(single, published, folder)),
        _section("Universal bodies", _universal(universal, folder)),
        _section("Joint models", _joint(joint, folder)),
    ]
    if single:
        sections.append(_section("Map", _MAP.format(picture=picture)))
    return "\n\n".join(filter(None, sections)) + "\n"


def _section(title: str, body: str) -> str:
    """Put a title above a section's text; a section without text is none."""
    return body and f"## {title}\n\n{body}"


def _paragraph(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, texts: int = 1) -> str:
    """Write a table whose first ``texts`` columns are text and whose others are numbers."""
    lines = [f"| {' | '.join(columns)} |", "|---" * texts + "|---:" * (len(columns) - texts) + "|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)


def _summary(single: Sequence[Source], joint: Sequence[Source], universal: Sequence[Source]) -> str:
    everything = [*single, *joint, *universal]
    mib = sum(source.entry.bytes for source in everything) / 2**20
    parts = [f"{len(single)} of one data set each"]
    lacking = ""
    if joint:
        parts.append(f"{len(joint)} of several at once")
    if universal:
        parts.append(f"{len(universal)} universal")
        lacking = ", which universal bodies lack"
    counts = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    what = (
        f"{len(everything)} pretrained models, {counts}: {_networks(everything)}; {mib:.0f} MiB of "
        "weights. Each is a folder with weights, config, card, and one typical series a class, "
        f"its prototypes{lacking}. [Where their data come from](sources.md) names each set, and "
        "says what the licence covers; classes of fewer than three series have no prototype."
    )
    kinds = Counter(kind_of(source.entry) for source in single)
    most_first = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    of_kinds = ", ".join(f"{escaped(kind)} ({kinds[kind]})" for kind in most_first)
    return f"{_paragraph(what)}\n\n{_paragraph(f'By kind of measurement: {of_kinds}.')}"


def _networks(sources: Sequence[Source]) -> str:
    """Say how many models have how many networks."""
    counts = Counter(source.entry.members for source in sources)
    words = []
    for members in sorted(counts):
        networks = "one network" if members == 1 else f"{members} networks"
        count = "all" if len(counts) == 1 else counts[members]
        words.append(f"{count} of {networks}")
    return ", ".join(words)


def _trained(sources: Sequence[Source]) -> str:
    groups: dict[tuple[str, str, int], list[ModelConfig]] = defaultdict(list)
    for source in sources:
        config = source.config
        network = config.architecture + _what_it_is(source)
        groups[network, recipe_name(config), config.members].append(config)
    rows = []
    for key in sorted(groups, key=lambda key: (-len(groups[key]), key)):
        network, recipe, members = key
        configs = groups[key]
        counts = len(configs), members, _epochs(configs), _seconds(configs)
        rows.append((network, f"`{recipe}`", _devices(configs), *counts))
    used = {recipe for _, recipe, _ in groups}
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
        "Every source was trained from scratch on training splits alone, each series brought "
        "to mean 0 and standard deviation 1. Members differ in their seed. The test split was "
        "read once, to report; nothing was chosen by it. Each card has every number."
    )
    return f"{_paragraph(how)}\n\n{_table(columns, rows, texts=3)}\n\n{told}"


def _what_it_is(source: Source) -> str:
    """Say what sets a model apart from one of a single data set."""
    if source.entry.is_universal:
        return ", universal"
    if source.entry.parts:
        return ", joint"
    return ""


def _devices(configs: Sequence[ModelConfig]) -> str:
    devices = {config.training.device or "not known" for config in configs}
    return ", ".join(sorted(map(escaped, devices)))


def _epochs(configs: Sequence[ModelConfig]) -> str:
    counts = {count for config in configs for count in config.training.epochs}
    if not counts:
        return "–"
    if len(counts) == 1:
        return str(*counts)
    return f"{min(counts)} to {max(counts)}"


def _seconds(configs: Sequence[ModelConfig]) -> str:
    """Tell the median if all times are known; that of a model that has lost members is not."""
    seconds = [config.training.seconds for config in configs]
    known = [each for each in seconds if each is not None]
    if len(known) < len(seconds):
        return "–"
    return f"{median(known):.0f}"


def _accuracy(rows: Sequence[Measured], complete: Sequence[Measured]) -> str:
    here, of_complete = comparisons(rows), comparisons(complete)
    tables = []
    if here:
        tables.append(f"Of the models here:\n\n{comparison_table(here)}")
    if of_complete and of_complete != here:
        title = "Of the complete zoo, with all members"
        tables.append(f"{title}:\n\n{comparison_table(of_complete)}")
    if not tables:
        return ""
    beside = (
        "On the test splits, beside the accuracy that InceptionTime's authors published: five "
        "networks of 1500 epochs together."
    )
    guesses = sorted({row.dataset for row in (*rows, *complete) if row.is_published_a_guess})
    if guesses:
        names = ", ".join(guesses)
        beside += f" The published figure of {names} is a guess's, that of a run that failed."
    return "\n\n".join([_paragraph(beside), *tables])


def _kinds(single: Sequence[Source], published: Mapping[str, float], folder: Path) -> str:
    kinds: dict[str, list[Source]] = defaultdict(list)
    by_name = {source.entry.model: source for source in single}
    for entry in in_order([source.entry for source in single], "kind"):
        kinds[kind_of(entry)].append(by_name[entry.model])
    columns = ("source", "series", "classes", "length", "members", "accuracy", "published", "MiB")
    text = []
    for kind, sources in kinds.items():
        rows = []
        for source in sources:
            accuracies = source.entry.accuracy, published.get(source.entry.dataset)
            shares = map(_share, accuracies)
            rows.append((_link(source, folder), *_facts(source), *shares, _size(source)))
        title = "Of other kinds" if kind == UNKNOWN else kind[0].upper() + kind[1:]
        text.append(f"### {escaped(title)}\n\n{_table(columns, rows)}")
    return "\n\n".join(text)


def _universal(universal: Sequence[Source], folder: Path) -> str:
    if not universal:
        return ""
    columns = ("model", "data sets", "series", "longest", "steps", "MiB")
    rows = []
    contents = []
    for source in universal:
        entry, episodic = source.entry, source.config.recipe.episodic
        facts = len(entry.parts), entry.n_series, entry.length
        steps = "–" if episodic is None else f"{episodic.steps}"
        rows.append((_link(source, folder), *facts, steps, _size(source)))
        names = ", ".join(escaped(part.dataset) for part in entry.parts)
        contents.append(_paragraph(f"- {escaped(entry.model)}: {names}."))
    what = (
        "Bodies that were trained to be read on data that they have never seen, in steps of small "
        "tasks: [universal bodies](universal.md). They have no head. `tszoo finetune` puts ridge "
        "heads on them, and beside them on those sources that are read better."
    )
    return "\n\n".join(
        [_paragraph(what), _table(columns, rows), "What they have learnt:", "\n".join(contents)]
    )


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
    rows = []
    contents = []
    for source in joint:
        entry = source.entry
        facts = _facts(source)
        accuracy = _share(entry.accuracy)
        rows.append((_link(source, folder), len(entry.parts), *facts, accuracy, _size(source)))
        names = ", ".join(escaped(part.dataset) for part in entry.parts)
        contents.append(_paragraph(f"- {escaped(entry.model)}: {names}."))
    what = (
        "One body that has learnt many data sets at once, with a softmax for each. The accuracy "
        "is the mean over those that have a test split."
    )
    return "\n\n".join(
        [_paragraph(what), _table(columns, rows), "What is in them:", "\n".join(contents)]
    )


def _link(source: Source, folder: Path) -> str:
    card = Path(os.path.relpath((source.folder / CARD).resolve(), folder.resolve())).as_posix()
    return f"[{escaped(source.entry.model)}]({card})"


def _facts(source: Source) -> tuple[int, int, int, int]:
    entry = source.entry
    return entry.n_series, entry.n_classes, entry.length, entry.members


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _size(source: Source) -> str:
    return f"{source.entry.bytes / 2**20:.1f}"
