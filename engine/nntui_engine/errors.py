"""The one exception that bad input raises."""


class InputError(ValueError):
    """Bad input from a person: a file, a key or a value.

    The message is one line that names what is wrong, where, and what is allowed.
    The command line prints it on stderr and exits with status 2.
    """
