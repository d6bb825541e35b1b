"""``nntui.watch`` for training that a framework does: a callback each, in a file that alone imports the framework."""
