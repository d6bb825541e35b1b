"""Data sets: generated, real and the user's own; splits, preprocessing and target coding."""
