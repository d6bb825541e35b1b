"""Every worker compiles into a cache of its own: two that write one cache can damage it."""

import os
import tempfile
from pathlib import Path


def _own_cache() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    parent = os.environ.get("NUMBA_CACHE_DIR") or Path(tempfile.gettempdir()) / "nntui-test-cache"
    os.environ["NUMBA_CACHE_DIR"] = str(Path(parent) / worker)


_own_cache()  # now, before anything imports Numba
