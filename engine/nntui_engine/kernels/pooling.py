"""Pooling over pictures, channels last: the largest or the mean of each window, channel by channel.

A window that reaches beyond the picture is the part of it inside: padding is never the largest, and an average is over
the entries inside alone. ``geometry.filters`` is the number of channels.
"""

from .policy import leaf_kernel
from .vectors import LANES
from .window import window_maximum, window_mean, window_to_all, window_to_largest


@leaf_kernel
def max_pool(x, geometry, z):
    """x (n, height·width·channels), z (n, out_height·out_width·channels); a NaN is the largest of all."""
    g = geometry
    channels, line = g.channels, g.width * g.channels
    for lane in range(0, channels, LANES):
        lanes = channels - lane
        for i in range(x.shape[0]):
            row, z_at = i * x.shape[1] + lane, i * z.shape[1] + lane
            for oy in range(g.out_height):
                y = oy * g.stride_height - g.top
                top, n0 = max(y, 0), min(y + g.kernel_height, g.height) - max(y, 0)
                for ox in range(g.out_width):
                    c = ox * g.stride_width - g.left
                    left, n1 = max(c, 0), min(c + g.kernel_width, g.width) - max(c, 0)
                    window_maximum(x, row + top * line + left * channels, n0, line, n1, channels, lanes, z, z_at)
                    z_at += channels


@leaf_kernel
def max_pool_backward(x, z, delta, geometry, add, dx):
    """dx (n, height·width·channels): each of delta = ∂L/∂z goes to the entry of x that was largest, the first among
    equals (or NaNs) in the order of lines and columns. z as ``max_pool`` wrote it. With ``add`` added to dx.
    """
    g = geometry
    channels, line = g.channels, g.width * g.channels
    apart = g.stride_height >= g.kernel_height and g.stride_width >= g.kernel_width
    covered = g.stride_height == g.kernel_height and g.stride_width == g.kernel_width
    covered = covered and g.out_height * g.stride_height >= g.height and g.out_width * g.stride_width >= g.width
    if not (add or (apart and covered)):
        dx[:] = dx.dtype.type(0.0)
    onto = 0 if apart and not add else 1
    for lane in range(0, channels, LANES):
        lanes = channels - lane
        for i in range(x.shape[0]):
            row, at = i * x.shape[1] + lane, i * delta.shape[1] + lane
            for oy in range(g.out_height):
                y = oy * g.stride_height - g.top
                top, n0 = max(y, 0), min(y + g.kernel_height, g.height) - max(y, 0)
                for ox in range(g.out_width):
                    c = ox * g.stride_width - g.left
                    left, n1 = max(c, 0), min(c + g.kernel_width, g.width) - max(c, 0)
                    begin = row + top * line + left * channels
                    window_to_largest(x, begin, n0, line, n1, channels, lanes, z, at, delta, onto, dx)
                    at += channels


@leaf_kernel
def average_pool(x, geometry, z):
    """x (n, height·width·channels), z (n, out_height·out_width·channels)."""
    g = geometry
    channels, line = g.channels, g.width * g.channels
    for lane in range(0, channels, LANES):
        lanes = channels - lane
        for i in range(x.shape[0]):
            row, z_at = i * x.shape[1] + lane, i * z.shape[1] + lane
            for oy in range(g.out_height):
                y = oy * g.stride_height - g.top
                top, n0 = max(y, 0), min(y + g.kernel_height, g.height) - max(y, 0)
                for ox in range(g.out_width):
                    c = ox * g.stride_width - g.left
                    left, n1 = max(c, 0), min(c + g.kernel_width, g.width) - max(c, 0)
                    window_mean(x, row + top * line + left * channels, n0, line, n1, channels, lanes, z, z_at)
                    z_at += channels


@leaf_kernel
def average_pool_backward(delta, geometry, add, dx):
    """dx (n, height·width·channels): equal shares of delta = ∂L/∂z. With ``add`` added to dx."""
    g = geometry
    channels, line = g.channels, g.width * g.channels
    if not add:
        dx[:] = dx.dtype.type(0.0)
    for lane in range(0, channels, LANES):
        lanes = channels - lane
        for i in range(dx.shape[0]):
            row, at = i * dx.shape[1] + lane, i * delta.shape[1] + lane
            for oy in range(g.out_height):
                y = oy * g.stride_height - g.top
                top, n0 = max(y, 0), min(y + g.kernel_height, g.height) - max(y, 0)
                for ox in range(g.out_width):
                    c = ox * g.stride_width - g.left
                    left, n1 = max(c, 0), min(c + g.kernel_width, g.width) - max(c, 0)
                    window_to_all(dx, row + top * line + left * channels, n0, line, n1, channels, lanes, delta, at)
                    at += channels
