"""nntui: the oscilloscope for neural-network training, in a terminal."""

__version__ = "0.1.0"
