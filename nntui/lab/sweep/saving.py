"""All cells of a sweep into the working folder."""

from pathlib import Path

from nntui.json_text import json_text
from nntui.lab.files import save
from nntui.sweep.document import sweep_csv, sweep_document
from nntui.sweep.results import Results
from nntui_engine.errors import InputError


def saved(results: Results, form: str) -> str:
    """What is said of it: the name of the file, or why there is none."""
    text = sweep_csv(results) if form == "csv" else json_text(sweep_document(results))
    try:
        path = save(Path.cwd(), f"{results.plan.scenario}-sweep", f".{form}", text)
    except InputError as error:
        return str(error)
    return f"Saved {path.name}: {len(results.found)} of {results.plan.wanted} runs."
