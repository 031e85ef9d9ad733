"""What the page answers, a step of the walk a file."""
