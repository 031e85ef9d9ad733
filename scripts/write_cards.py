"""Write config, card and picture of every model of a zoo: write_cards.py ZOO [--force] [--archive].

Configs of an older format are written in the present one, with the digests of the files beside
them; weights and prototypes stay as they are.
Cards that a person has edited stay as they are, without --force; the catalogue is written last.

With --archive, what the simplest classifiers reach on the training series, left out, is measured
anew for each data set that a model has learnt. Universal bodies know no classes, so that there is
nothing to beat.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from tszoo.evaluation.baselines import simplest
from tszoo.figures import draw_prototypes
from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written
from tszoo.models.config import ModelConfig
from tszoo.models.digests import DIGESTED, file_digest
from tszoo.models.load import is_model_folder, load_config, load_prototypes, read_card
from tszoo.models.record import PartResults
from tszoo.storage.files import read_checked, write_file
from tszoo.storage.layout import CARD, CONFIG, PICTURE
from tszoo.zoo.folder import rebuild_catalogue


def with_simplest(config: ModelConfig, archive: Path) -> ModelConfig:
    """Return a config that says what the simplest classifiers reach on the training series."""
    from embed_zoo import learnt

    if config.is_universal:
        return config
    found = {train.name: simplest(train) for train, _, _ in learnt(config, archive)}
    if not config.trained_on.parts:
        (only,) = found.values()
        return replace(config, results=replace(config.results, simplest=only))
    reached = config.results.per_dataset
    parts = {
        name: replace(reached.get(name, PartResults()), simplest=one) for name, one in found.items()
    }
    return replace(config, results=replace(config.results, per_dataset=parts))


def write_cards(zoo: Path, *, force: bool = False, archive: Path | None = None) -> list[str]:
    """Write the configs and cards of a zoo's models, and return a line on each."""
    lines = []
    for folder in sorted(path for path in zoo.iterdir() if is_model_folder(path)):
        config = load_config(folder)
        if archive is not None:
            config = with_simplest(config, archive)
        document = config.to_json({name: file_digest(folder, name) for name in DIGESTED})
        if document != read_checked(folder, CONFIG):
            write_file(folder / CONFIG, document)
        if not force and not is_as_written(read_card(folder)):
            lines.append(f"{folder.name}: edited, so left alone; --force replaces it")
            continue
        prototypes = load_prototypes(folder)
        text = card(config, prototypes, folder.name, picture=bool(prototypes.series))
        n_bytes = 0
        if prototypes.series:
            picture = draw_prototypes(prototypes, config.name)
            # the picture first: a card must not show a missing one
            write_file(folder / PICTURE, picture)
            n_bytes = len(picture)
        write_file(folder / CARD, text.encode("utf-8"))
        lines.append(f"{folder.name}: card of {len(text)} characters, picture of {n_bytes} bytes")
    rebuild_catalogue(zoo)
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zoo", type=Path)
    parser.add_argument(
        "--force", action="store_true", help="write cards that a person has edited, too"
    )
    parser.add_argument(
        "--archive", type=Path, help="measure the simplest classifiers on the data sets there"
    )
    arguments = parser.parse_args()
    written = write_cards(arguments.zoo, force=arguments.force, archive=arguments.archive)
    print("\n".join(written))
