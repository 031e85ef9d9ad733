"""Neural networks, one in a file, and the registry that names them."""
