"""Numba's cache on disk with a checksum in every file: what is damaged counts as missing, and is never run."""

import inspect
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .cache import compiling_ahead, source_stamp
from .compiler import FunctionCache, IndexDataCacheFile
from .seal import opened, sealed


class SealedCache(FunctionCache):
    """The cache of one kernel. A damaged or unreadable entry is a missing one, and a full disk is no error.

    Except in the process that compiles ahead for others: what it cannot write, it must not claim to have written.
    """

    def __init__(self, function: Any, folder: Path, inner_kernels: Collection[str]) -> None:
        """``inner_kernels``: their names, since compiled ahead they have no code of their own (whole_program.py)."""
        super().__init__(function)
        files, kernels, base = self._cache_file, Path(__file__).parent, self._impl.filename_base
        source = Path(inspect.getfile(function))
        if kernels in source.parents:
            # The folder is for this exact source, wherever it is installed: neither its path nor its dates matter
            room = ".".join((*source.parent.relative_to(kernels).parts, base))
            self._cache_file = _SealedFiles(str(folder), room, source_stamp())
        else:
            self._cache_file = _SealedFiles(files._cache_path, base, files._source_stamp)
        self._inner_kernels = inner_kernels

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            self._discard()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        if data.library.name in self._inner_kernels and compiling_ahead():
            return
        try:
            super().save_overload(sig, data)
        except Exception:
            if compiling_ahead():
                raise
            self._discard()

    def _discard(self) -> None:
        try:
            self.flush()
        except Exception:
            return


class _SealedFiles(IndexDataCacheFile):
    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as stream:
            stream.write(sealed(Path(filepath).name, content.getvalue()))

    def _load_index(self) -> Any:
        _check(Path(self._index_path))
        return super()._load_index()

    def _load_data(self, name: str) -> Any:
        _check(Path(self._data_path(name)))
        return super()._load_data(name)


def _check(path: Path) -> None:
    if path.exists() and opened(path) is None:
        raise ValueError(f"{path.name} is damaged")
