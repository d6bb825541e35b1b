"""The one exception that bad input raises, and the words for a name that is unknown."""

LONGEST_MESSAGE = 1000
MOST_LISTED = 24


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


def allowed_names(name: str, names: list[str], lister: str = "") -> str:
    """ "did you mean …? allowed: …" for a name that is not among ``names``; ``lister`` is a command that lists them
    when they are too many for a message."""
    import difflib  # costs start-up time, and is needed only where something is wrong

    near = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    if lister and len(names) > MOST_LISTED:
        return f'{hint}"{lister}" lists all {len(names)}'
    return f"{hint}allowed: {', '.join(names)}"
