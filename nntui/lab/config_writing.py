"""Changing one setting in a person's file: the rest of it, with its comments, stays as it was written."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from nntui.files import write_file
from nntui_engine.errors import InputError
from nntui_engine.files import problem_with


def keep_setting(path: Path, table: str, name: str, value: str | list[str] | bool | None) -> None:
    """Writes ``name`` of ``table`` ("" for the top) into the file; None takes it out.

    Raises InputError, and leaves the file, where it cannot be read or written.
    """
    try:
        text = "" if problem_with(path) == "no such file" else path.read_text(encoding="utf-8-sig")
        before = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise InputError(f"the file of settings cannot be read ({error}), so it is not changed: {path}") from None
    expected = _with(before, table, name, value)
    changed = _changed(text, table, name, value)
    if not _gives(changed, expected):  # written in a way that lines do not tell: comments are lost then
        import tomli_w

        changed = tomli_w.dumps(expected)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    write_file(path, changed)


def _with(tables: dict[str, Any], table: str, name: str, value: object) -> dict[str, Any]:
    """The document with the one change."""
    inner = tables.get(table, {}) if table else tables
    inner = {**(inner if isinstance(inner, dict) else {}), name: value}
    if value is None:
        del inner[name]
    if not table:
        return inner
    return {key: one for key, one in {**tables, table: inner}.items() if key != table or inner or table in tables}


def _gives(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _changed(text: str, table: str, name: str, value: object) -> str:
    """The text with the one line changed, added or taken out."""
    lines = text.splitlines()
    heads = [at for at, line in enumerate(lines) if re.match(r"\s*\[", line)]
    start = next((at + 1 for at in heads if re.match(rf"\s*\[\s*{table}\s*\]", lines[at])), None) if table else 0
    written = [] if value is None else [f"{name} = {json.dumps(value, ensure_ascii=False)}"]
    if start is None:
        return "\n".join([*lines, *([""] if lines else []), f"[{table}]", *written, ""]) if written else text
    end = next((at for at in heads if at >= start), len(lines))
    here = [at for at in range(start, end) if re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", lines[at])]
    if here:
        lines[here[0] : here[0] + 1] = written
    else:
        while end > start and not lines[end - 1].strip():
            end -= 1
        after = [""] if written and end == 0 and lines and lines[0].strip() else []
        lines[end:end] = [*written, *after]
    return "\n".join([*lines, ""])
