"""The kinds of layer: a file for each, with the same three entry points; ``dispatch.py`` chooses one by its code.

``forward`` fills a node's z from what it reads; ``backward`` hands its δ = ∂L/∂z on to what it reads; ``gradient``
fills a piece of the gradient of its weights and biases. Bias, batch norm, activation and dropout after z are the same
for every kind (``forward.py``, ``backward.py``).
"""
