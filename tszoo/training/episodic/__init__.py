"""Train a body in episodes, so that a ridge head on its frozen features tells new classes apart."""
