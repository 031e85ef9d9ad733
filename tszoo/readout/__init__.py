"""A frozen body under a ridge head: its features, the fit, and how well it tells classes apart."""
