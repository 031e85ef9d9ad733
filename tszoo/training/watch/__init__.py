"""What watches a training run, and never changes what it does."""
