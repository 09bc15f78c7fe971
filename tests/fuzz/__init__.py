"""Files that nobody wrote, put through the readers."""
