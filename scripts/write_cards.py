"""Write config, card and picture of every model of a zoo folder: write_cards.py ZOO [--force].

Configs of an older format are written in the present one, with the digests of the files beside
them; weights and prototypes stay as they are.
Cards that a person has edited stay as they are, without --force; the catalogue is written last.
"""

import argparse
from pathlib import Path

from tszoo.figures import draw_prototypes
from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written
from tszoo.models.digests import DIGESTED, file_digest
from tszoo.models.load import is_model_folder, load_config, load_prototypes, read_card
from tszoo.storage.files import read_checked, write_file
from tszoo.storage.layout import CARD, CONFIG, PICTURE
from tszoo.zoo.folder import rebuild_catalogue


def write_cards(zoo: Path, *, force: bool = False) -> list[str]:
    """Write the configs and cards of a zoo's models, and return a line on each."""
    lines = []
    for folder in sorted(path for path in zoo.iterdir() if is_model_folder(path)):
        config = load_config(folder)
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
    arguments = parser.parse_args()
    print("\n".join(write_cards(arguments.zoo, force=arguments.force)))
