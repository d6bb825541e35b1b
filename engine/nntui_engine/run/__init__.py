"""A run of any kind: its lanes, its past, and the immutable views of it."""
