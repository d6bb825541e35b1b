"""What the numbers were measured on."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nntui.bench.peers import PEERS
from nntui.headless.environment import environment

LIBRARIES = ("nntui", "python", "numpy", "numba", "scipy")


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, nntui's threads, and the BLAS that NumPy and compiled code call."""
    facts = environment()["processor"]
    return {
        "processor": facts["name"],
        "usable_cores": facts["usable_cores"],
        "threads": facts["threads"],
        "system": facts["system"],
        "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE"),
        "blas": _blas(),
    }


def facts_text(document: dict[str, Any]) -> str:
    """Machine and versions in a few lines."""
    machine = document["machine"]
    kinds = dict.fromkeys(str(one["architecture"]) for one in machine["blas"])
    chosen = machine["OPENBLAS_CORETYPE"]
    blas = ", ".join(kinds) + (f" (OPENBLAS_CORETYPE={chosen})" if chosen else "")
    return "\n".join(
        (
            f"{machine['processor']}, {machine['usable_cores']} cores usable, {machine['threads']} threads",
            f"BLAS for {blas}",
            ", ".join(f"{name} {number}" for name, number in document["versions"].items()),
        )
    )


def versions(peers: tuple[str, ...]) -> dict[str, str]:
    """Of nntui, of what it computes with, and of the peers."""
    known = environment()["versions"]
    return {name: known[name] for name in LIBRARIES} | {
        PEERS[peer]: version(PEERS[peer]) for peer in peers if PEERS[peer] not in LIBRARIES
    }


def _blas() -> list[dict[str, Any]]:
    import numpy  # noqa: F401  # so that its BLAS is there to be asked
    from threadpoolctl import threadpool_info

    import nntui_engine.kernels.policy  # noqa: F401  # and SciPy's, on one thread

    return [
        {
            "of": Path(library["filepath"]).parent.name.removesuffix(".libs"),
            "version": library.get("version"),
            "architecture": library.get("architecture"),
            "threads": library["num_threads"],
        }
        for library in threadpool_info()
        if library["user_api"] == "blas"
    ]
