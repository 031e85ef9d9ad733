#!/bin/sh
# What a container of this image does:
#   train, serve   as SageMaker asks for it
#   anything else  is a command: docker run IMAGE tszoo list
set -eu
if [ $# -eq 0 ]; then
  echo "usage: docker run IMAGE train | serve | COMMAND ..." >&2
  exit 2
fi

# SageMaker's folders belong to root, and training writes into them; nothing else needs root.
as_user=""
if [ "$(id -u)" = 0 ] && [ "$1" != train ]; then
  as_user="env HOME=/home/tszoo setpriv --reuid=tszoo --regid=tszoo --init-groups"
fi

# exec: SIGTERM reaches what runs, and not this shell
case "$1" in
  train | serve) exec $as_user python -m tszoo.serving.sagemaker "$@" ;;
  *) exec $as_user "$@" ;;
esac
