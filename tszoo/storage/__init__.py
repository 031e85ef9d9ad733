"""Files that cannot be trusted, and files that must be whole: what every room needs of the disk."""
