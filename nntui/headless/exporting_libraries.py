"""The libraries that some forms of export take: none of them is needed for anything else."""

from importlib.util import find_spec

from nntui_engine.errors import InputError

LIBRARIES = {"parquet": "pyarrow", "tensorboard": "tensorboardX"}  # the form is also the extra that brings it


def check_library(form: str) -> None:
    """Raises InputError where the library that a form takes is not installed."""
    library = LIBRARIES.get(form)
    if library is not None and find_spec(library) is None:
        raise InputError(f'--format {form} takes {library}, which is not installed: pip install "nntui[{form}]"')
