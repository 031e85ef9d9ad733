"""What is done in a process of its own, a task a file."""
