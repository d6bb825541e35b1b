"""A checksum at the end of every file of compiled kernels.

Machine code with a flipped bit crashes, or gives other numbers. The checksum covers the file's name as well, so that a
file put in another's place does not pass for it. Readers that do not know of it (Numba's unpickling) stop before it.
"""

import hashlib
from pathlib import Path

_SIGN = b"nntui-seal-1"
_LENGTH = len(_SIGN) + hashlib.sha256().digest_size


def sealed(name: str, content: bytes) -> bytes:
    """``content`` of the file ``name``, with its checksum."""
    return content + _SIGN + _checksum(name, content)


def opened(path: Path) -> bytes | None:
    """What was sealed in this file; None if it is damaged, belongs elsewhere, or cannot be read."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    content, seal = whole[:-_LENGTH], whole[-_LENGTH:]
    return content if seal == _SIGN + _checksum(path.name, content) else None


def _checksum(name: str, content: bytes) -> bytes:
    digest = hashlib.sha256(name.encode() + b"\0")
    digest.update(content)
    return digest.digest()
