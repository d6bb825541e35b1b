"""One module a subcommand; each holds a click command called ``command``."""
