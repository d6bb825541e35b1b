"""What a lane's network answers for any inputs, between two launches of its training."""

from .columns import I_CAPACITY, I_INPUTS, I_LAYERS, I_MEASURED, I_MODE, I_OUTPUTS, I_STEP, I_XB, P_A
from .forward import EVALUATE, PROBE, forward, prepare_inputs, touches_inputs
from .policy import entry_kernel
from .views import matrix

FIRST_SAMPLE = 1 << 62  # step counters that no training reaches


@entry_kernel
def predict_lane(x, sample, pool, sums, plan, layer_reals, ints, reals, out):
    """out (rows, outputs) = the network's outputs for x (rows, inputs).

    ``sample`` < 0: as the network is used. Otherwise dropout and noise are on, with masks of their own for each sample
    number (Monte-Carlo dropout). Only the workspace changes.
    """
    inputs, outputs = ints[I_INPUTS], ints[I_OUTPUTS]
    step = ints[I_STEP]
    ints[I_MODE] = EVALUATE
    ints[I_MEASURED] = 0
    if sample >= 0:
        ints[I_MODE] = PROBE
    for start in range(0, x.shape[0], ints[I_CAPACITY]):
        n = min(ints[I_CAPACITY], x.shape[0] - start)
        block = matrix(pool, ints[I_XB], n, inputs)
        for i in range(n):
            for j in range(inputs):
                block[i, j] = x[start + i, j]
        if sample >= 0:  # a counter no training step uses
            ints[I_STEP] = FIRST_SAMPLE + sample
        if touches_inputs(ints, reals):
            prepare_inputs(pool, 0, n, ints, reals)
        forward(pool, block, 0, 0, n, plan, layer_reals, ints, reals, sums)
        ints[I_STEP] = step
        a = matrix(pool, plan[ints[I_LAYERS] - 1, P_A], n, outputs)
        for i in range(n):
            for j in range(outputs):
                out[start + i, j] = a[i, j]
