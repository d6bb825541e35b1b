"""What the numbers of a sweep hang on beside its settings: on other machines they are rounded otherwise."""

import platform
from importlib.metadata import version

from nntui import __version__
from nntui.processor import processor_name


def made_with() -> dict[str, str]:
    """Versions and the processor, by name."""
    return {
        "nntui": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "scipy")},
        "processor": processor_name(),
    }
