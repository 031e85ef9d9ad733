"""Name nuisance directions on universal bodies of a zoo that were trained before bodies had any.

    python scripts/name_nuisance.py cards inception.universalA inception.universalB

The directions are those that ``tszoo pretrain --universal`` finds at its end, from made-up tasks;
no data set is read. Weights stay as they are stored, byte for byte.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from tszoo.errors import TszooError
from tszoo.models.model import Model
from tszoo.nets.registry import build
from tszoo.readout.directions import with_nuisance
from tszoo.transfer.universal import NUISANCES
from tszoo.zoo.zoo import Zoo


def named(model: Model) -> Model:
    """Copy a universal model, with its body's nuisance directions."""
    args = {"nuisances": NUISANCES, **model.config.architecture_args}
    network = build(model.config.architecture, args, 1, 0)
    network.body = model.networks[0].body
    network = network.eval().to(memory_format=torch.channels_last)
    config = replace(model.config, architecture_args=args)
    seed = 0
    if model.config.recipe.episodic is not None:
        seed = model.config.recipe.episodic.seed
    return Model(config, (with_nuisance(network, seed),), model.prototypes)


def main() -> int:
    """Write the models anew; errors that a user can mend are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--encoding", default="int8")
    options = parser.parse_args()
    try:
        zoo = Zoo(options.zoo)
        for name in options.models:
            model = named(Model.load(name, options.zoo))
            print(zoo.add(model, overwrite=True, dtype=options.encoding))
    except TszooError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
