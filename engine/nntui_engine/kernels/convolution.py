"""Convolution over pictures, channels last, as cross-correlation: the kernel is not turned round.

z[y, x, f] = b[f] + Σ w[r, q, c, f] · picture[y·stride + r − top, x·stride + q − left, c]. Nothing is gathered: patches
overlap in a padded copy of the picture, and tiles of sums read them where they are. A picture too large for the cache
is worked off in bands of its lines. What lies beyond the picture counts as 0, also times an infinite weight.
"""

from ..registry import geometry as sizes
from .policy import JIT, inlined_kernel, kernel, leaf_kernel
from .tile import ROWS, lane_sums, tile_1, tile_2, tile_3, tile_pair
from .vectors import LANES
from .views import vector

places = kernel(sizes.places)


@inlined_kernel
def flat(x):
    """All of x (rows, columns) as one row."""
    return vector(x[0], 0, x.size) if JIT else x.reshape(-1)


@leaf_kernel
def fill(out, value):
    """Every entry of out (any number) becomes ``value``."""
    for i in range(out.size):
        out[i] = value


@leaf_kernel
def copy(x, out):
    """out = x, of one size."""
    for i in range(x.size):
        out[i] = x[i]


@leaf_kernel
def add_to(x, out):
    """out += x, of one size."""
    for i in range(x.size):
        out[i] += x[i]


@leaf_kernel
def tabulate(n0, step0, n1, step1, out):
    """out (n0·n1) = i·step0 + j·step1, for i < n0 and within it j < n1."""
    for i in range(n0):
        for j in range(n1):
            out[i * n1 + j] = i * step0 + j * step1


@leaf_kernel
def turn_weights(weights, g, out):
    """Copy w[r, q, c, f] to out in the order (r, f, q, c)."""
    run = g.kernel_width * g.channels
    for r in range(g.kernel_height):
        for f in range(g.filters):
            to = (r * g.filters + f) * run
            for j in range(run):
                out[to + j] = weights[r * run + j, f]


@kernel
def copy_lines(x, g, pitch, first, lines, clear, out):
    """Lines first … of one row's padded picture to out; line 0 is the topmost padding. Without ``clear`` the padding is
    left as it is."""
    length = g.width * g.channels
    before = g.left * g.channels
    some = min(length, pitch - before)
    if clear:
        fill(out, out.dtype.type(0.0))
    above, below = max(first, g.top), min(first + lines, g.top + g.height)
    if some == pitch and some == length and above < below:
        size = (below - above) * length
        copy(vector(x, (above - g.top) * length, size), vector(out, (above - first) * pitch, size))
        return
    for y in range(above, below):
        copy(vector(x, (y - g.top) * length, some), vector(out, (y - first) * pitch + before, some))


@kernel
def add_lines(picture, g, pitch, first, lines, dx):
    """Add lines first … of a padded picture to one row of dx, where they are inside."""
    length = g.width * g.channels
    before = g.left * g.channels
    some = min(length, pitch - before)
    for y in range(max(first, g.top), min(first + lines, g.top + g.height)):
        add_to(vector(picture, (y - first) * pitch + before, some), vector(dx, (y - g.top) * length, some))


@leaf_kernel
def tiles(s, a_at, table_at, count, y_at, n0, a0, y0, n1, a1, y1, start_at, keep, c, c_at, c_step, lanes):
    """All tiles of ``count`` rows and ``lanes`` lanes of c; what the factors mean is told in ``tile.py``."""
    lane = 0
    while lane < lanes:
        vectors = (lanes - lane + LANES - 1) // LANES
        vectors = 2 if vectors == 4 else min(vectors, 3)
        some = min(lanes - lane, vectors * LANES)
        for t in range(0, count, ROWS):
            n = min(count - t, ROWS)
            to = c_at + t * c_step + lane
            if vectors == 1:
                tile_1(s, a_at, s, table_at + t, n, s, y_at + lane, n0, a0, y0, n1, a1, y1, s, start_at + lane, keep, c,
                       to, c_step, some)  # fmt: skip
            elif vectors == 2:
                tile_2(s, a_at, s, table_at + t, n, s, y_at + lane, n0, a0, y0, n1, a1, y1, s, start_at + lane, keep, c,
                       to, c_step, some)  # fmt: skip
            else:
                tile_3(s, a_at, s, table_at + t, n, s, y_at + lane, n0, a0, y0, n1, a1, y1, s, start_at + lane, keep, c,
                       to, c_step, some)  # fmt: skip
        lane += vectors * LANES


@leaf_kernel
def pair_tiles(s, a_at, count, y_at, n0, a0, wide, edge, start_at, c, c_at, lanes):
    """All tiles of ``count`` pairs of neighbours."""
    for t in range(0, count, ROWS):
        tile_pair(s, a_at, s, t, min(count - t, ROWS), s, y_at, n0, a0, wide * lanes, wide, 1, lanes, s, start_at, 0, c,
                  c_at + t * lanes, lanes, lanes, edge)  # fmt: skip


@leaf_kernel
def widen(weights, g, out):
    """The weights of two neighbours side by side, (lines, what they see of a line, neighbour, filters)."""
    run, edge, filters = g.kernel_width * g.channels, g.stride_width * g.channels, g.filters
    out[:] = out.dtype.type(0.0)
    for n in range(2):
        for r in range(g.kernel_height):
            for q in range(run):
                at = ((r * (run + edge) + q + n * edge) * 2 + n) * filters
                for f in range(filters):
                    out[at + f] = weights[r * run + q, f]


@leaf_kernel
def column_sums(s, at, count, step, out):
    """out[f] += Σ s[at + i·step + f] over i < count."""
    for lane in range(0, out.size, LANES):
        lane_sums(s, at + lane, count, step, out, lane, out.size - lane)


@leaf_kernel
def fold(sums, g, together, d_weights):
    """d_weights from the sums (lines, what neighbours see of a line, neighbour, filters): each neighbour's own part."""
    run, wide = g.kernel_width * g.channels, sums.size // (g.kernel_height * together * g.filters)
    d_weights[:] = d_weights.dtype.type(0.0)
    for n in range(together):
        for r in range(g.kernel_height):
            for q in range(run):
                at = ((r * wide + q + n * g.stride_width * g.channels) * together + n) * g.filters
                for f in range(g.filters):
                    d_weights[r * run + q, f] += sums[at + f]


@kernel
def convolve(x, weights, biases, geometry, scratch, z):
    """z = the convolution of x with the weights, plus biases.

    x (n, height·width·channels), weights (kernel_height·kernel_width·channels, filters), biases (filters),
    z (n, out_height·out_width·filters); scratch has ``scratch_size(geometry)`` entries.
    """
    g = geometry
    lines, columns, together, start, w_at, sums, picture, _, _ = places(g)
    pitch, run, filters = columns * g.channels, g.kernel_width * g.channels, g.filters
    edge = g.stride_width * g.channels  # what only one of two neighbours sees at each end of a line
    if run < edge:
        together = 1
    for n in range(together):
        copy(biases, vector(scratch, start + n * filters, filters))
    wide, lanes = run + (together - 1) * edge, together * filters
    if together == 2:
        w_at = sums
        widen(weights, g, vector(scratch, sums, g.kernel_height * wide * lanes))
    else:
        copy(flat(weights), vector(scratch, w_at, weights.size))
    groups = g.out_width // together
    tabulate(lines, g.stride_height * pitch, groups, together * edge, vector(scratch, 0, lines * groups))
    clear = True
    for i in range(x.shape[0]):
        for first in range(0, g.out_height, lines):
            some = min(lines, g.out_height - first)
            seen = (some - 1) * g.stride_height + g.kernel_height
            shown = vector(scratch, picture, seen * pitch)
            copy_lines(x[i], g, pitch, first * g.stride_height, seen, clear, shown)
            clear = lines < g.out_height
            z_at = first * g.out_width * filters
            if together == 2:
                pair_tiles(scratch, picture, some * groups, w_at, g.kernel_height, pitch, wide, edge, start, z[i], z_at,
                           lanes)  # fmt: skip
            else:
                tiles(scratch, picture, 0, some * groups, w_at, g.kernel_height, pitch, wide * lanes, wide, 1, lanes,
                      start, 0, z[i], z_at, lanes, lanes)  # fmt: skip


@kernel
def convolve_backward(x, delta, weights, geometry, scratch, ask, add, dx, d_weights, d_biases):
    """The gradients of what ``convolve`` read, from delta (n, out_height·out_width·filters) = ∂L/∂z.

    d_weights and d_biases (shapes of weights and biases) are overwritten with these rows' part. With ``ask``, dx
    (n, height·width·channels) is written, or with ``add`` added to.
    """
    g = geometry
    lines, columns, together, start, w_at, sums, picture, outputs, _ = places(g)
    pitch, run, filters = columns * g.channels, g.kernel_width * g.channels, g.filters
    wide = run + (together - 1) * g.stride_width * g.channels  # what neighbours see of a line
    taps, lanes = g.kernel_height * wide, together * filters
    zero = scratch.dtype.type(0.0)
    fill(vector(scratch, start, max(lanes, run)), zero)
    tabulate(g.kernel_height, pitch, wide, 1, vector(scratch, 0, taps))
    tabulate(1, 0, g.out_width, filters, vector(scratch, taps, g.out_width))
    fill(vector(scratch, sums, taps * lanes), zero)
    d_biases[:] = zero
    if ask:
        turn_weights(weights, g, vector(scratch, w_at, weights.size))
        if not add:
            dx[:] = zero
    clear = True
    for i in range(x.shape[0]):
        for first in range(0, g.out_height, lines):
            some = min(lines, g.out_height - first)
            count, seen = some * g.out_width, (some - 1) * g.stride_height + g.kernel_height
            shown = vector(scratch, picture, seen * pitch)
            copy_lines(x[i], g, pitch, first * g.stride_height, seen, clear, shown)
            part = vector(delta[i], first * g.out_width * filters, count * filters)
            copy(part, vector(scratch, outputs, count * filters))
            column_sums(scratch, outputs, count, filters, d_biases)
            tiles(scratch, picture, 0, taps, outputs, some, g.stride_height * pitch, g.out_width * filters,
                  g.out_width // together, together * g.stride_width * g.channels, lanes, start, 1, scratch, sums,
                  lanes, lanes)  # fmt: skip
            clear = lines < g.out_height
            if ask:
                gradient = outputs + count * filters + sizes.SLACK
                spread_back(scratch, g, pitch, some, start, taps, w_at, outputs, gradient)
                shares = vector(scratch, gradient, seen * pitch)
                add_lines(shares, g, pitch, first * g.stride_height, seen, dx[i])
    fold(vector(scratch, sums, taps * lanes), g, together, d_weights)


@kernel
def spread_back(s, g, pitch, some, start, table_at, w_at, outputs, gradient):
    """Write ∂L/∂ the padded picture to ``gradient``, from ``some`` lines of ∂L/∂ its outputs.

    ``table_at``: where the offsets of a line of outputs stand. A line of the picture takes from every line of outputs
    that saw it: an output's share is a run of columns and channels, and neighbours' runs overlap.
    """
    line, run, stride = g.out_width * g.filters, g.kernel_width * g.channels, g.stride_height
    step = g.filters * run
    seen = (some - 1) * stride + g.kernel_height
    fill(vector(s, gradient, seen * pitch), s.dtype.type(0.0))
    for y in range(seen):
        lowest = min(y // stride, some - 1)  # the lowest line of outputs that saw it, with line r of the kernel
        r = y - lowest * stride
        if r < g.kernel_height:
            n0 = min((g.kernel_height - 1 - r) // stride, lowest) + 1
            tiles(s, outputs + lowest * line, table_at, g.out_width, w_at + r * step, n0, -line, stride * step,
                  g.filters, 1, run, start, 1, s, gradient + y * pitch, g.stride_width * g.channels, run)  # fmt: skip
