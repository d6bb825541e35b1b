"""Compiling the kernels before they are needed, in a process apart."""
