"""A person's own settings of the lab, in a TOML file of theirs: keys, theme, signs, frames, meanings under titles,
whether runs are kept."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nntui_engine.errors import InputError, allowed_names
from nntui_engine.files import problem_with

from .keys import actions

MOST_FRAMES = 60  # a second
LARGEST_FILE = 100_000  # bytes
# Signs whose names as keys are not those of Unicode
_NAMES = {"/": "slash", "\\": "backslash", "-": "minus", "+": "plus", "_": "underscore", "@": "at", " ": "space"}


@dataclass(frozen=True, slots=True)
class Config:
    """``keys`` maps an action's id to keys as Textual calls them; ``fps`` is frames a second, None for the usual;
    ``history``: whether every run leaves a record."""

    keys: Mapping[str, str] = field(default_factory=dict)
    theme: str = "default"
    fps: int | None = None
    meanings: bool = True
    ascii: bool = False
    history: bool = True


def config_file() -> Path:
    """Where the file is, or would be: in the user's folder for settings."""
    import platformdirs

    return Path(platformdirs.user_config_dir("nntui", appauthor=False)) / "config.toml"


def read_config(path: Path) -> tuple[Config, str]:
    """The settings in ``path``, and "" or one line on what in it is wrong: of that the defaults are used."""
    problem = problem_with(path)
    if problem == "no such file":
        return Config(), ""
    try:
        if problem is None and path.stat().st_size > LARGEST_FILE:
            problem = "is too large"
        tables = {} if problem else tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        problem = f"not valid TOML: {error}"
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read: {error}"
    if problem is not None:
        return Config(), f"{path}: {problem}; the defaults are used"
    config, wrong = Config(), []
    for name, value in tables.items():
        try:
            config = replace(config, **{name: _checked(name, value)})
        except InputError as error:
            wrong.append(str(error))
    if not wrong:
        return config, ""
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return config, f"{path}: {wrong[0]}{more}; the default is used"


def _checked(name: str, value: Any) -> Any:
    """The value of one setting, or InputError."""
    if name == "keys":
        return _keys(value)
    if name == "theme":
        from .themes import THEMES  # late: it brings Textual, which ``nntui info`` can do without

        if not isinstance(value, str) or value not in THEMES:
            raise InputError(f"theme = {value!r} is not allowed; {allowed_names(str(value), list(THEMES))}")
        return value
    if name == "fps":
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_FRAMES:
            raise InputError(f"fps = {value!r} is not allowed; must be a whole number from 1 to {MOST_FRAMES}")
        return value
    if name in ("meanings", "ascii", "history"):
        if not isinstance(value, bool):
            raise InputError(f"{name} = {value!r} is not allowed; must be true or false")
        return value
    names = ["keys", "theme", "ascii", "fps", "meanings", "history"]
    raise InputError(f'unknown setting "{name}"; {allowed_names(name, names)}')


def _keys(table: object) -> dict[str, str]:
    """The keys of a [keys] table as Textual calls them, without a conflict, or InputError."""
    if not isinstance(table, dict):
        raise InputError("keys must be a table: [keys], then a line for each action")
    keys = {}
    for action, written in table.items():
        several = written if isinstance(written, list) else [written]
        if not several or not all(isinstance(key, str) and key.strip() for key in several):
            raise InputError(
                f'keys: {action} = {written!r} is not allowed; write a key, such as "p", or a list of keys'
            )
        keys[action] = ",".join(key_name(key) for key in several)
    try:
        actions(keys)
    except InputError as error:
        raise InputError(str(error).replace("keymap:", "keys:", 1)) from None
    return keys


def sign_of(key: str) -> str:
    """A key as a person writes it: "[" for left_square_bracket."""
    signs = (chr(code) for code in range(33, 127) if not chr(code).isalnum())
    return next((sign for sign in signs if key_name(sign) == key), key)


def key_name(written: str) -> str:
    """A key as Textual calls it: a sign may be written as itself, "[" for left_square_bracket."""
    if len(written) != 1 or written.isalnum():
        return written.strip()
    named = unicodedata.name(written, written).lower().replace("-", "_").replace(" ", "_")
    return _NAMES.get(written, named)
