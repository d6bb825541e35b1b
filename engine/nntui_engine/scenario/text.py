"""From a file to TOML tables, within bounds that hold before anything is parsed.

Python's TOML reader works recursively and takes quadratic time for long dotted keys, so what a scenario never needs
(brackets nested without end, keys of hundreds of parts, numbers of thousands of digits) is refused by one linear
look over the text.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from ..errors import InputError, allowed_names
from ..files import problem_with
from .library import scenario_paths
from .problems import DEEPEST, prefix

LARGEST_FILE = 1_000_000
MOST_KEYS = 10_000  # keys, lists and tables of a file
MOST_VALUES = 100_000  # of all its lists
MOST_PARTS = 16  # of a dotted key
LONGEST_WORD = 200  # characters of a number or a bare key

# What no quantifier gives back is matched in linear time, whatever the text
_TOKEN = re.compile(
    r"""
    [\ \t]++ | \#[^\n]*+
  | (?P<string> \"{3}(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5} | '{3}(?:[^']++|'{1,2}(?!'))*+'{3,5}
              | "(?!"")(?:[^"\\\n]++|\\.)*+" | '(?!'')[^'\n]*+' )
  | (?P<unended> ["'] )
  | (?P<open> [\[{] ) | (?P<close> [\]}] ) | (?P<dot> \. ) | (?P<line> \n++ ) | (?P<comma> , ) | (?P<equals> = )
  | (?P<word> [^\s"'\#\[\]{},.=]++ )
  | .
    """,
    re.VERBOSE | re.DOTALL,
)


def read_text(path: Path) -> str:
    """The file's text; never more than LARGEST_FILE bytes are read.

    Raises InputError for anything but an ordinary file of UTF-8 text.
    """
    problem = problem_with(path)
    if problem is not None:
        hint = {"no such file": _near(path), "is a folder": "; a scenario is a .toml file"}.get(problem, "")
        raise InputError(f"{path}: {problem}{hint}")
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{path}: larger than {LARGEST_FILE // 10**6} MB; a scenario is a small .toml file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); a scenario is a .toml file") from None


def _near(path: Path) -> str:
    """A hint at a file of nearly that name in the same folder, or at a built-in scenario of that name."""
    if path.stem in scenario_paths():
        return f'; the built-in scenario is called "{path.stem}"'
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == ".toml")
    except OSError:
        return ""
    hint = allowed_names(path.name, names).partition("allowed:")[0].rstrip(" ?")
    return f"; {hint}?" if hint else ""


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The tables in ``text``; InputError (beginning with ``where``) for what is no TOML, or out of bounds."""
    unended = check_bounds(text, where)
    if unended is not None:
        line = text.count("\n", 0, unended) + 1
        raise InputError(f"{prefix(where)}not valid TOML: a text in quotes without its end (line {line})")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        problem = " ".join(str(error).split())[:200]
        raise InputError(f"{prefix(where)}not valid TOML: {problem}") from None


def check_bounds(text: str, where: str) -> int | None:
    """Raise InputError where ``text`` is larger, deeper or longer than any scenario; takes linear time.

    Returns where a text in quotes begins that has no end (what follows was not looked at), else None.
    """
    if len(text) > LARGEST_FILE:
        raise InputError(f"{prefix(where)}larger than {LARGEST_FILE // 10**6} MB; a scenario is small")
    depth = keys = values = parts = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        problem = ""
        if kind == "open":
            depth, keys, parts = depth + 1, keys + 1, 0
            if depth > DEEPEST:
                problem = f"brackets nested more than {DEEPEST} deep"
        elif kind == "close":
            depth, parts = max(0, depth - 1), 0
        elif kind == "dot":
            parts += 1
            if parts >= MOST_PARTS:
                problem = f"a key of more than {MOST_PARTS} parts"
        elif kind == "equals":
            keys, parts = keys + 1, 0
        elif kind == "line":
            parts = 0
        elif kind == "comma":
            values, parts = values + 1, 0
        elif kind == "word" and token.end() - token.start() > LONGEST_WORD:
            problem = f"a number or a key of more than {LONGEST_WORD} characters"
        elif kind == "unended":
            return token.start()
        if keys > MOST_KEYS or values > MOST_VALUES:
            problem = f"more than {MOST_KEYS} keys, or {MOST_VALUES} values in lists"
        if problem:
            line = text.count("\n", 0, token.start()) + 1
            raise InputError(f"{prefix(where)}{problem} (line {line})")
    return None
