"""Where each number of a lane stands in the arrays that the training kernel takes.

Everything of a lane lives in a few flat arrays, so that lanes of any shape run in one launch and nothing is
recompiled when a setting changes. A network is a list of **nodes**, each after those it reads, node 0 being its
inputs and the last one its outputs; what it learns is a list of **blocks** of parameters. ``layout/`` fills these
tables, ``tables.py`` names them.
"""

from ..registry.optimizer import HYPERPARAMETERS

HYPER = len(HYPERPARAMETERS) + 1  # columns of `reals` that are the optimizer's; one more for the momentum in force

# Columns of `ints` (lanes, INTS): sizes, codes, counters and offsets of one lane
(
    I_STEP,  # updates done
    I_LIMIT,  # the lane's last step
    I_STOPPED,  # 1 after early stopping
    I_NODES,
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
    I_MEMORY,  # the optimizer's first memory …
    I_MEMORY_STEP,  # … and how far it is to the next
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
    I_IN_ORDER,  # 1 where an epoch takes the rows as they stand, 0 where it shuffles them
    I_ROWS_FROM,  # how the rows of the pass under way come into node 0 (codes.py) …
    I_ROWS_AT,  # … and the offset into the data arena of the first of them
    I_PERTURBED_WEIGHTS,  # 1 if DropConnect or weight noise is on
    I_MODE,  # what the pass under way is for: TRAIN, PROBE or EVALUATE
    I_MEASURED,  # 1 if it writes statistics
    I_CAPACITY,  # rows the workspace holds
    I_SUMS,  # offset into `sums` (float64), per output: Σ(t − t̄)² of training and held-out rows, Σ(t − a)²
    I_BATCH_ROWS,  # rows of the mini-batch under way
    I_ROW_PIECES,  # pieces that the rows of a mini-batch are worked in …
    I_PARAMETER_PIECES,  # … and those of each node's parameters
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
) = range(71)

# Columns of `reals` (lanes, REALS): the optimizer's hyperparameters come first (kernels/optimizer.py)
(
    R_CLIP_NORM,
    R_CLIP_VALUE,
    R_HUBER_DELTA,
    R_ACCURACY_THRESHOLD,
    R_BATCH_NORM_MOMENTUM,
    R_DROPCONNECT,
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
) = range(HYPER, HYPER + 29)

# Columns of `nodes` (lanes, nodes, NODE)
(
    N_KIND,  # a code of registry LAYER_KINDS
    N_LINK,  # its first row in `links` …
    N_LINKS,  # … and how many nodes it reads
    N_INPUTS,  # entries of a row that it reads
    N_UNITS,  # units: neurons, channels of a picture, hidden units of a sequence; the last axis of what it passes on
    N_WIDTH,  # entries of a row that it passes on …
    N_Z_WIDTH,  # … of its pre-activations …
    N_A_WIDTH,  # … and of its activations: each a number of positions times the units (of z: times the gates)
    N_ACTIVATION,
    N_BATCH_NORM,
    N_BLOCK,  # its first row in `blocks` …
    N_BLOCKS,  # … and how many it owns; they stand side by side in the parameters …
    N_START,  # … from here: first weights and biases, whose gradient is measured …
    N_MEASURED_END,  # … up to here (one past), then what else it learns …
    N_END,  # … up to here
    N_TRAINABLE,
    N_WEIGHTS,  # offsets into the parameters (the same in gradient and memories); −1: none …
    N_BIASES,
    N_WEIGHT_ROWS,  # shape of the weights
    N_WEIGHT_COLUMNS,
    N_ALPHA,  # prelu's learned slope
    N_GAMMA,  # batch norm
    N_BETA,
    N_ADDS,  # 1 where its weights and biases are an earlier node's, too: its gradient is added to that one's
    N_RUNNING,  # offset into the pool: running means, then variances
    N_Z,
    N_A,  # equals N_Z where the activation is linear
    N_OUT,  # what it passes on, after batch norm and dropout; equals N_A without
    N_NORMALISED,
    N_INVERSE,
    N_MASK,
    N_DELTA,  # ∂L/∂ of what it passes on, then ∂L/∂z; −1: nobody asks
    N_PERTURBED,  # weights with DropConnect and noise; −1: none
    N_WEIGHT_MASK,
    N_ACTIVE,
    N_DELTA_Z,  # ∂L/∂z, where that does not take the place of ∂L/∂ of what it passes on; else N_DELTA
    N_ROWS_WORK,  # of node 0: the address of what works on rows (rows.py)
    N_FORWARD,  # of a linked kind (links.py): the addresses of its passes; 0: none …
    N_BACKWARD,
    N_ACTS,  # … 1 where its forward pass activates and passes on, and its backward pass goes through the activation …
    N_LEARNS,  # … the first block that its backward pass finds the gradient of, and how many they are …
    N_LEARNS_BLOCKS,
    N_PARTIAL,  # … each piece's part of that gradient, and how far apart two pieces are …
    N_PARTIAL_STEP,
    N_ROOM,  # … what it keeps of every row from the forward to the backward pass, and how much of it a row takes …
    N_ROOM_WIDTH,
    N_SCRATCH,  # … scratch of its own, and how far apart that of two pieces is …
    N_SCRATCH_STEP,
    N_MORE,  # … statistics of its own, an offset into `sums`, and how far apart those of two pieces are …
    N_MORE_STEP,
    N_MORE_AT,  # … how many they are, and where they stand among those of all nodes …
    N_MORE_COUNT,
    N_OPTIONS,  # … and the first of its own settings, whose meaning its file in layers/ says
) = range(53)
NODE = N_OPTIONS + 16

# Columns of `links` (lanes, links, LINK): what reads what
K_SOURCE, K_ADDS, LINK = range(3)  # a node; 1 where ∂L/∂ of it is added to what a later reader has left there

# Columns of `blocks` (lanes, blocks, BLOCK): what a network learns, in the order of the parameters
(
    B_START,  # offset into the parameters
    B_SIZE,
    B_ROWS,  # rows that pieces of a step share; 1: the last piece has all of it
    B_ROLE,  # WEIGHTS, BIASES, … of codes.py
    BLOCK,
) = range(5)

# Columns of `node_reals` (lanes, nodes, NODE_REALS)
(
    L_ALPHA,
    L_DROPOUT,
    L_NOISE,
    L_LARGEST_SLOPE,
    L_RECURRENT_DROPOUT,
    L_GATE_ALPHA,  # the parameter of the gates' activation …
    L_GATE_LARGEST_SLOPE,
    L_AUGMENT,  # the first of five amounts by which rows are changed (layers/inputs_augmented.py)
) = range(8)
NODE_REALS = L_AUGMENT + 5

# Columns of `block_reals` (lanes, blocks, BLOCK_REALS)
(
    B_L1,  # λ of the penalty λ·‖W‖₁: its part in the gradient …
    B_L1_THRESHOLD,  # … or, times the rate, in the soft threshold after the step; one of the two is 0
    B_L2,
    BLOCK_REALS,
) = range(4)

# Columns of the outputs, in the order of registry/statistic.py (a test holds them together)
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

# Columns of the partial sums of one piece and node; one row more holds the piece's loss and right answers, and whether
# anything in its rows is NaN or infinite
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
    F_OTHERS_SQUARES,  # of the gradient of what else the node learns
    F_CLIPPED_SQUARES,  # after noise and clipping entry by entry; of all parameters of the node
    F_WEIGHT_MEAN,
    F_WEIGHT_VARIANCE,
    F_WEIGHT_MAGNITUDES,
    F_PARAMETERS_BROKEN,
    F_STEP_SQUARES,
    F_GRADIENT_IS_BROKEN,  # 1 where an entry is NaN or infinite, looked at in every step …
    F_STEP_IS_BROKEN,  # … and the same of the parameters after it
    PARTIALS,
) = range(22)
F_LOSS, F_RIGHT, F_ROWS_ARE_BROKEN = range(3)

EVALUATION_BLOCK = 256  # rows evaluated at a time
SCRATCH = 2048  # entries of scratch a lane has at least
SIMILARITY_BLOCK = 64  # units compared at a time
STEP_BLOCK = 1024  # parameters stepped at a time: their step stays in the first-level cache
