"""Name the files of a model folder and of a zoo, once, and say how large each may be."""

from __future__ import annotations

FORMAT_VERSION = 2
CATALOGUE_VERSION = 2

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
PROTOTYPES = "prototypes.safetensors"
CARD = "README.md"
LOADED_FILES = (CONFIG, WEIGHTS, PROTOTYPES)
MODEL_FILES = (*LOADED_FILES, CARD)

PICTURE = "prototypes.png"
CODE = "modeling.py"  # in a repository of the Hub alone: plain PyTorch that loads the model
OPTIONAL_FILES = (PICTURE,)
RUN = "run.toml"  # the options of the command that made the model; it stays on the machine
PLAN = "plan.json"  # what was decided before the model was made, and why; it stays there, too
LOCAL_FILES = (RUN, PLAN)

CATALOGUE = "catalogue.json"
CATALOGUE_PROTOTYPES = "catalogue.safetensors"

# Folders come from anywhere: a file is refused by its size before it is read. The largest ensemble
# of the paper's network has weights of about 10 MB, and a config is a few kilobytes; there is room
# for a hundred times that.
MOST_BYTES = {
    CONFIG: 4 << 20,
    WEIGHTS: 4 << 30,
    PROTOTYPES: 256 << 20,
    CARD: 1 << 20,
    PICTURE: 4 << 20,
    RUN: 1 << 20,
    PLAN: 4 << 20,
    CATALOGUE: 64 << 20,
    CATALOGUE_PROTOTYPES: 2 << 30,
}
