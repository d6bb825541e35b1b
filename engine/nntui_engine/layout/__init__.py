"""Where every number of a run of networks stands: nodes, blocks of parameters, and the arena that holds them."""
