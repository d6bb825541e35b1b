"""The one exception that bad input raises."""


class InputError(ValueError):
    """Bad input from a person: a file, a key or a value.

    The message is one line that names what is wrong, where, and what is allowed.
    The command line prints it on stderr and exits with status 2.
    """

    def __init__(self, message: str) -> None:
        """Line breaks and control characters, which keys and file names may hold, become spaces."""
        super().__init__("".join(c if c.isprintable() else " " for c in message))
