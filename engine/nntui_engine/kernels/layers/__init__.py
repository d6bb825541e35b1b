"""The kinds of layer: a file for each, with the same entry points; ``dispatch.py`` chooses one by its code.

``forward`` fills a node's z from what it reads; ``backward`` hands its δ = ∂L/∂z on to what it reads; ``gradient``,
where a kind learns, fills a piece of the gradient of its weights and biases. Batch norm, activation and dropout after z
are the same for every kind (``forward.py``, ``backward.py``). The inputs only have rows to bring.
"""
