"""The card: a model's README, a file a section."""
