"""Options of the tests. All workers share one cache of kernels: what one has compiled the others load."""

import atexit
import os
import shutil
import tempfile

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes more time than a test run should."""
    parser.addoption("--flips", type=int, default=2, help="bits to flip in the cache, each with a run (10 s)")
    parser.addoption("--measured", action="store_true", help="measure every number of every lesson (minutes)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only a special run measures is left out of the others, not skipped in them."""
    if not config.getoption("--measured"):
        left_out = [item for item in items if item.get_closest_marker("measured")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _own_folders() -> None:
    """What a person opened and set is of no concern to tests, and what tests open none of a person's."""
    folder = tempfile.mkdtemp(prefix="nntui-test-user-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = folder


_own_folders()
