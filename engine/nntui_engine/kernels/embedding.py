"""Embedding: every token's number picks its row of a table that is learned."""

from .policy import kernel, leaf_kernel

NAN = float("nan")


@leaf_kernel
def copy_row(weights, out):
    """out = weights, of one size."""
    for j in range(weights.size):
        out[j] = weights[j]


@leaf_kernel
def add_row(delta, out):
    """out += delta, of one size."""
    for j in range(delta.size):
        out[j] += delta[j]


@kernel
def embed(x, weights, z):
    """z (n, time·units) = the rows of weights (tokens, units) that x (n, time) names.

    Fractions are cut off. NaN, and what is not among 0 … tokens − 1, give NaN.
    """
    tokens, units = weights.shape
    for i in range(x.shape[0]):
        for t in range(x.shape[1]):
            out = z[i, t * units : (t + 1) * units]
            if x[i, t] >= 0 and x[i, t] < tokens:
                copy_row(weights[int(x[i, t])], out)
            else:
                out[:] = out.dtype.type(NAN)


@kernel
def embed_gradient(x, delta, d_weights):
    """d_weights (tokens, units) is overwritten with the sum of delta (n, time·units) = ∂L/∂z over every token's places,
    in the order of rows and time; places without a token count for none."""
    tokens, units = d_weights.shape
    d_weights[:] = d_weights.dtype.type(0.0)
    for i in range(x.shape[0]):
        for t in range(x.shape[1]):
            if x[i, t] >= 0 and x[i, t] < tokens:
                add_row(delta[i, t * units : (t + 1) * units], d_weights[int(x[i, t])])
