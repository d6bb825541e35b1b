"""A scenario of each family of networks, for the lab to start with. Imports nothing heavy."""

IMAGE = """
schema = 1
[scenario]
title = "Digits as images"
[data]
name = "digits"
[model]
activation = "relu"
[[model.layers]]
kind = "convolution"
filters = 16
[[model.layers]]
kind = "max_pool"
[[model.layers]]
kind = "flatten"
[train]
lr = 0.01
"""
SEQUENCE = """
schema = 1
[scenario]
title = "Digits row by row"
[data]
name = "digit_rows"
[[model.layers]]
kind = "lstm"
units = 32
[train]
lr = 0.01
"""
FAMILIES = {"image": IMAGE, "sequence": SEQUENCE}  # beside the dense one, which is built in
FAMILY_KINDS = {"convolution", "max_pool", "flatten", "lstm", "dense"}
