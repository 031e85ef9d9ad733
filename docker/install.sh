#!/bin/sh
# Install tszoo with what serving and training take, and leave nothing else behind.
#   install.sh TORCH SOURCE
#   TORCH   a build of PyTorch, as `uv pip install --torch-backend` names it: cpu, cu126, ...
#   SOURCE  the folder of pyproject.toml
set -eu
torch="$1"
source="$2"
pip install --no-cache-dir uv
uv pip install --system --no-cache --compile-bytecode --torch-backend "$torch" \
  --constraint "$source/constraints.txt" "${source}[serve,tables]"
pip uninstall --yes uv
rm -rf "$source"
