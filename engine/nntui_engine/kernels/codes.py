"""Integer codes and array columns shared by the registries and the compiled kernels.

Plain module-level integers, because Numba freezes those into the machine code as constants.
"""

# Activations
LINEAR, SIGMOID, TANH, RELU, LEAKY_RELU, PRELU, ELU, SELU, GELU, SILU, SOFTPLUS, THRESHOLD, SOFTMAX = range(13)

# Losses
CROSS_ENTROPY, BINARY_CROSS_ENTROPY, MSE, MAE, HUBER, HINGE = range(6)

# Optimizers
SGD, ADAGRAD, ADADELTA, RMSPROP, ADAM, ADAMW, NADAM, ADAMAX, LION = range(9)

# Learning-rate schedules
CONSTANT, EXPONENTIAL, INVERSE_TIME, STEP, COSINE, WARMUP, PLATEAU = range(7)

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

# Surfaces
(
    BEALE,
    LONG_VALLEY,
    SADDLE,
    ROSENBROCK,
    HIMMELBLAU,
    BOOTH,
    BOWL,
    RAVINE,
    RASTRIGIN,
    ACKLEY,
    STYBLINSKI_TANG,
    SIX_HUMP_CAMEL,
    PLATEAU,
    CLIFF,
    NOISY_MOONS,
) = range(15)
