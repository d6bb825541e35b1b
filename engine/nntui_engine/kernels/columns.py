"""Where each number of a lane stands in the arrays that the training kernel takes.

Everything of a lane lives in a few flat arrays, so that lanes of any shape run in one launch and nothing is
recompiled when a setting changes. ``network.py`` fills these tables.
"""

# Columns of `ints` (lanes, INTS): sizes, codes, counters and offsets of one lane
(
    I_STEP,  # updates done
    I_LIMIT,  # the lane's last step
    I_STOPPED,  # 1 after early stopping
    I_LAYERS,
    I_INPUTS,
    I_OUTPUTS,
    I_ROWS,  # training rows
    I_VALIDATION_ROWS,
    I_X,  # offsets into the data arena
    I_T,
    I_X_VALIDATION,
    I_T_VALIDATION,
    I_ORDER,  # offset of the epoch's row order
    I_POSITION,  # next row of the epoch
    I_EPOCH,
    I_BATCH,
    I_SEED,
    I_LOSS,
    I_ACCURACY,
    I_OPTIMIZER,
    I_UPDATES,  # updates since the optimizer was chosen
    I_SCHEDULE,
    I_EVALUATE_EVERY,
    I_EVALUATION_ROW,  # −1: not evaluating; else the next row, training rows first
    I_RESTORED,  # 1 while the evaluation after restoring the best weights runs
    I_SAMPLE_EVERY,
    I_SAMPLES,  # samples written in this launch
    I_EVALUATIONS,  # evaluations written in this launch
    I_PATIENCE,  # early stopping; −1: off
    I_RESTORE_BEST,
    I_BAD_EVALUATIONS,
    I_BEST_STEP,
    I_PLATEAU_BAD,
    I_PARAMETERS,  # number of trainable numbers
    I_THETA,  # offsets into the pool: parameters …
    I_GRADIENT,
    I_FIRST,
    I_SECOND,
    I_BEST,
    I_RUNNING,  # … batch norm's running statistics (one block) …
    I_RUNNING_SIZE,
    I_XB,  # … the mini-batch …
    I_TB,
    I_SLOPES,
    I_SCRATCH,
    I_SCRATCH_SIZE,
    I_ACTIVE,  # one entry per unit of all layers: has it fired on the probe set
    I_PROBE,  # offset into `order` of the probe set: numbers of training rows, rising …
    I_PROBE_ROWS,  # … how many they are …
    I_PROBE_NEXT,  # … and the next of them in the evaluation under way
    I_BATCH_NORM_INPUTS,
    I_IN_GAMMA,
    I_IN_BETA,
    I_IN_RUNNING,
    I_IN_HAT,
    I_IN_INVERSE,
    I_IN_MASK,
    I_PERTURBED_WEIGHTS,  # 1 if DropConnect or weight noise is on
    I_MODE,  # what the pass under way is for: TRAIN, PROBE or EVALUATE
    I_MEASURED,  # 1 if it writes statistics
    I_CAPACITY,  # rows the workspace holds
    I_SUMS,  # offset into `sums` (float64), per output: Σ(t − t̄)² of training and held-out rows, Σ(t − a)²
    I_BATCH_ROWS,  # rows of the mini-batch under way
    I_ROW_PIECES,  # pieces that the rows of a mini-batch are worked in …
    I_PARAMETER_PIECES,  # … and those of each layer's parameters
    I_SPLIT,  # 1 where the step needs the whole gradient's norm, or noise in it, before any parameter moves
    I_TOGETHER,  # 1 where all parameters are stepped at once
    I_PARTIALS,  # offset into `sums`: what each piece found, and how far apart two pieces are
    I_PARTIAL_STEP,
    I_FIRED,  # per piece one entry per unit of all layers: has it fired on these rows; and how far apart
    I_FIRED_STEP,
    I_BROKEN_NODE,  # what was first not finite, a node of codes.py; 0: all is finite …
    I_BROKEN_LAYER,  # … in which layer, from 1 …
    I_BROKEN_STEP,  # … at which step
    INTS,
) = range(75)

# Columns of `reals` (lanes, REALS): the optimizer's hyperparameters come first (kernels/optimizer.py)
(
    R_CLIP_NORM,
    R_CLIP_VALUE,
    R_HUBER_DELTA,
    R_ACCURACY_THRESHOLD,
    R_BATCH_NORM_MOMENTUM,
    R_INPUT_DROPOUT,
    R_DROPCONNECT,
    R_NOISE_INPUTS,
    R_NOISE_WEIGHTS,
    R_NOISE_GRADIENTS,
    R_SCHEDULE,  # three parameters of the schedule
    _,
    _,
    R_PLATEAU_FACTOR,  # product of plateau's falls so far
    R_PLATEAU_BEST,
    R_MIN_DELTA,
    R_BEST_LOSS,
    R_MOMENTUM_PRODUCT,  # nadam's Πₜ
    R_LOSS_SUM,  # running evaluation
    R_RIGHT_SUM,
    R_TRAIN_LOSS,  # results of its first half
    R_TRAIN_RIGHT,
    R_TRAIN_R2,
    R_RATE,  # the learning rate of the step under way
    R_CLIP_FACTOR,
    R_BROKEN_INTO,  # beside the node that was first not finite: the largest finite value that went into it …
    R_BROKEN_WEIGHT,  # … the largest weight on the way there …
    R_BROKEN_DATA,  # … the largest entry of the mini-batch …
    R_BROKEN_TARGET,  # … the largest target …
    R_BROKEN_RATE,  # … and the learning rate then
    REALS,
) = range(14, 45)

# Columns of `plan` (lanes, layers, PLAN): one dense layer
(
    P_INPUTS,
    P_UNITS,
    P_ACTIVATION,
    P_BATCH_NORM,
    P_TRAINABLE,
    P_WEIGHTS,  # offsets into the parameters (the same in gradient and memories) …
    P_BIASES,
    P_ALPHA,  # prelu's learned slope; −1: none
    P_GAMMA,  # batch norm; −1: none
    P_BETA,
    P_END,  # one past the layer's last parameter
    P_RUNNING,  # offset into the pool: running means, then variances
    P_Z,
    P_A,
    P_OUT,  # the layer's output after batch norm and dropout; equals P_A without
    P_HAT,
    P_INVERSE,
    P_MASK,
    P_DELTA,
    P_PERTURBED,  # weights with DropConnect and noise; −1: none
    P_WEIGHT_MASK,
    P_ACTIVE,
    PLAN,
) = range(23)

# Columns of `layer_reals` (lanes, layers, LAYER_REALS)
(
    L_ALPHA,
    L_DROPOUT,
    L_L1,  # λ of the penalty λ·‖W‖₁: its part in the gradient …
    L_L1_THRESHOLD,  # … or, times the rate, in the soft threshold after the step; one of the two is 0
    L_L2,
    L_LARGEST_SLOPE,
    LAYER_REALS,
) = range(7)

# Columns of the outputs, in the order of statistics.py's tables (a test holds them together)
(
    S_PRE_ACTIVATION_MEAN,
    S_PRE_ACTIVATION_VARIANCE,
    S_ACTIVATION_MEAN,
    S_ACTIVATION_VARIANCE,
    S_BACKPROP_VARIANCE,
    S_GRADIENT_NORM,
    S_GRADIENT_MAX,
    S_GRADIENT_MEAN_ABS,
    S_GRADIENT_ZERO_FRACTION,
    S_WEIGHT_NORM,
    S_WEIGHT_MEAN,
    S_WEIGHT_VARIANCE,
    S_UPDATE_RATIO,
    S_INACTIVE_UNITS,
    S_SATURATED_FRACTION,
    S_NON_FINITE,
    STEP_STATISTICS,
) = range(17)
E_DEAD_UNITS, E_WEIGHT_SIMILARITY, E_ZERO_WEIGHTS, LAYER_EVALUATIONS = range(4)
W_LOSS, W_ACCURACY, W_PENALTY, W_GRADIENT_NORM, W_CLIPPED_GRADIENT_NORM, W_LR, WHOLE = range(7)
V_TRAIN_LOSS, V_TRAIN_ACCURACY, V_TRAIN_R2, V_VALIDATION_LOSS, V_VALIDATION_ACCURACY, V_R2, EVALUATIONS = range(7)

# Columns of the partial sums of one piece and layer; one row more holds the piece's loss and right answers, and whether
# anything in its rows or its parameters is NaN or infinite
(
    F_PRE_ACTIVATION_MEAN,
    F_PRE_ACTIVATION_VARIANCE,
    F_ACTIVATION_MEAN,
    F_ACTIVATION_VARIANCE,
    F_BACKPROP_MEAN,
    F_BACKPROP_VARIANCE,
    F_SATURATED,
    F_ROWS_BROKEN,
    F_GRADIENT_SQUARES,
    F_GRADIENT_MAX,
    F_GRADIENT_MAGNITUDES,
    F_GRADIENT_ZEROS,
    F_OTHERS_SQUARES,  # of the gradient of what else the layer learns
    F_CLIPPED_SQUARES,  # after noise and clipping entry by entry; of all parameters of the layer
    F_WEIGHT_MEAN,
    F_WEIGHT_VARIANCE,
    F_WEIGHT_MAGNITUDES,
    F_PARAMETERS_BROKEN,
    F_STEP_SQUARES,
    F_GRADIENT_IS_BROKEN,  # 1 where an entry is NaN or infinite, looked at in every step …
    F_STEP_IS_BROKEN,  # … and the same of the parameters after it
    PARTIALS,
) = range(22)
F_LOSS, F_RIGHT, F_ROWS_ARE_BROKEN, F_PARAMETERS_ARE_BROKEN = range(4)

EVALUATION_BLOCK = 256  # rows evaluated at a time
SCRATCH = 2048  # entries of scratch a lane has at least
SIMILARITY_BLOCK = 64  # units compared at a time
STEP_BLOCK = 1024  # parameters stepped at a time: their step stays in the first-level cache
