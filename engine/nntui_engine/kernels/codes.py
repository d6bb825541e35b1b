"""Integer codes of what no registry names; a row's code is its place in its registry.

Plain module-level integers, because Numba freezes those into the machine code as constants.
"""

# Batch normalisation of a layer
NO_BATCH_NORM, BATCH_NORM_BEFORE, BATCH_NORM_AFTER = range(3)

# What a pass is for
TRAIN = 0  # dropout, noise and the mini-batch's own batch-norm statistics; running statistics move
PROBE = 1  # the same, but nothing is changed
EVALUATE = 2  # as the network is used: no dropout, no noise, running statistics

# What is done with rows (rows.py): forward, loss and backward; forward and loss; forward alone
TRAIN_ROWS, EVALUATE_ROWS, FORWARD_ROWS = range(3)

# How the rows of a pass come into node 0: used where they stand in the data, put there from the order of the epoch, put
# there to be changed, or put there by the caller
ROWS_IN_PLACE, ROWS_GATHERED, ROWS_COPIED, ROWS_GIVEN = range(4)

# What a block of parameters is
WEIGHTS, BIASES, ALPHA, GAMMA, BETA = range(5)

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
