"""Integer codes of what no registry names; a row's code is its place in its registry.

Plain module-level integers, because Numba freezes those into the machine code as constants.
"""

# Batch normalisation of a layer
NO_BATCH_NORM, BATCH_NORM_BEFORE, BATCH_NORM_AFTER = range(3)

# Where a step was first not finite, in the order of its arithmetic
(
    NOWHERE,
    INPUT_NODE,
    WEIGHT_NODE,
    Z_NODE,
    A_NODE,
    BATCH_NORM_NODE,
    TARGET_NODE,
    LOSS_NODE,
    DELTA_NODE,
    GRADIENT_NODE,
    UPDATE_NODE,
) = range(11)

# How correct predictions are counted
ACCURACY_NONE, ACCURACY_ARGMAX, ACCURACY_THRESHOLD = range(3)
