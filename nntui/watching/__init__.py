"""Watching a network that trains in PyTorch: what each layer does, from inside the script that trains it."""
