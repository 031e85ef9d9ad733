"""Models behind a port."""
