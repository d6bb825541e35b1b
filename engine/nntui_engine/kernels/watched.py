"""What is measured of another framework's arrays, while they are there. The formulas are in ``registry/statistic.py``.

Everything is 1-D and contiguous unless it says otherwise. Sums go on over the pieces of a step (its micro-batches, the
uses of a layer, the parts of its parameters).
"""

from .activation import derivative
from .measure import count_below, gradient_summary, mark_active, moments
from .policy import entry_kernel, kernel, leaf_kernel

BLOCK = 512  # entries whose slopes are worked out at a time; there are twice as many in ``scratch``
SATURATED_BELOW = 0.05  # of the largest slope

# Columns: of what passes a layer and of its weights …
COUNT, MEAN, VARIANCE, BROKEN, BELOW = range(5)
# … of its gradient, and of the step taken
SQUARES, LARGEST, MAGNITUDES, ZEROS, ENTRIES, GRADIENT_BROKEN, STEP_SQUARES = range(7)


@kernel
def add_moments(into, count, mean, variance, broken):
    """Merges those of another piece into ``into`` (Chan, Golub & LeVeque 1979)."""
    before = into[COUNT]
    whole = before + count
    share = count / whole
    off = mean - into[MEAN]
    into[COUNT] = whole
    into[MEAN] = mean if before == 0.0 else into[MEAN] + off * share
    into[VARIANCE] = (
        variance
        if before == 0.0
        else into[VARIANCE] * (1.0 - share) + variance * share + off * off * share * (1.0 - share)
    )
    into[BROKEN] += broken


@entry_kernel
def take_moments(x, into):
    """Of what a layer passes on, or back: into ``into`` (5,)."""
    if x.size:
        mean, variance, broken = moments(x)
        add_moments(into, x.size, mean, variance, broken)


@entry_kernel
def take_activation(code, alpha, steepest, z, a, scratch, into):
    """The same of a = φ(z), and how many entries are on a flat part; ``scratch`` (2·BLOCK,)."""
    if not a.size:
        return
    mean, variance, broken = moments(a)
    add_moments(into, a.size, mean, variance, broken)
    limit = SATURATED_BELOW * steepest
    for begin in range(0, a.size, BLOCK):
        end = min(begin + BLOCK, a.size)
        slopes = scratch[BLOCK : BLOCK + end - begin]
        derivative(code, alpha, z[begin:end], a[begin:end], slopes, scratch)
        into[BELOW] += count_below(slopes, limit)


@entry_kernel
def take_active(a, active):
    """active[j] = 1 where unit j of ``a`` (rows, units) is not 0 on some row."""
    mark_active(a, active)


@entry_kernel
def take_active_channels(a, active):
    """The same where ``a`` is (rows, units, positions)."""
    zero, one = a.dtype.type(0.0), a.dtype.type(1.0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            k = 0
            while active[j] == zero and k < a.shape[2]:
                active[j] = one if a[i, j, k] != zero else zero
                k += 1


@entry_kernel
def take_gradient(g, into):
    """Of a gradient: into ``into`` (7,)."""
    if g.size:
        squares, largest, magnitudes, zeros, broken = gradient_summary(g)
        into[SQUARES] += squares
        into[LARGEST] = largest if largest > into[LARGEST] or largest != largest else into[LARGEST]
        into[MAGNITUDES] += magnitudes
        into[ZEROS] += zeros
        into[ENTRIES] += g.size
        into[GRADIENT_BROKEN] += broken


@leaf_kernel
def _copy(x, to):
    for i in range(x.size):
        to[i] = x[i]


@entry_kernel
def take_weights(w, before, into):
    """Of weights, which are kept in ``before``: into ``into`` (5,)."""
    if w.size:
        mean, variance, broken = moments(w)
        add_moments(into, w.size, mean, variance, broken)
        _copy(w, before)


@leaf_kernel
def _squared_distance(x, y):
    total = 0.0
    for i in range(x.size):
        off = float(x[i]) - float(y[i])
        total += off * off
    return total


@entry_kernel
def take_step(w, before, into):
    """Of the step that weights have made since: into ``into`` (7,)."""
    into[STEP_SQUARES] += _squared_distance(w, before)
