"""The one exception that bad input raises."""

LONGEST_MESSAGE = 1000


class InputError(ValueError):
    """Bad input from a person: a file, a key or a value.

    The message is one line that names what is wrong, where, and what is allowed.
    The command line prints it on stderr and exits with status 2.
    """

    def __init__(self, message: str) -> None:
        """Line breaks and control characters, which keys and file names may hold, become spaces; a message that such
        a name makes endless loses its middle."""
        if len(message) > LONGEST_MESSAGE:
            message = f"{message[: LONGEST_MESSAGE // 2]} … {message[3 - LONGEST_MESSAGE // 2 :]}"
        super().__init__("".join(c if c.isprintable() else " " for c in message))
