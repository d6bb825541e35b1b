"""The parts of the kernels that are compiled by themselves, and which of them a network takes.

The training loop in a number type, what is linked with it: the work on rows ("float32 rows") and each linked kind of
layer ("float32 lstm"); and the race on a surface.
"""

from collections.abc import Iterable

from ..registry.layer_kinds import LAYER_KINDS

DTYPES = ("float32", "float64")
ROWS, RACE = "rows", "race"
USUAL_PARTS = ("float32", f"float32 {ROWS}", RACE)
AUGMENTED = "inputs_augmented"  # rows that are changed at every step; linked as a kind of layer is
LINKED = (ROWS, *(kind.name for kind in LAYER_KINDS.rows if kind.linked), AUGMENTED)
# Compiled functions of each part; only the progress bar depends on the numbers. A later part reuses the earlier ones'
_LOOP = {"float32": 94, RACE: 30, "float64": 92}
_FUNCTIONS = {ROWS: 72, "convolution": 22, "recurrent": 30, "lstm": 36, "gru": 34}
PARTS = _LOOP | {f"{dtype} {kind}": _FUNCTIONS.get(kind, 12) for dtype in DTYPES for kind in LINKED}

# What the built-in scenarios take, that of the most of them first
LAUNCHER_PARTS = (
    *USUAL_PARTS,
    *("float32 convolution", "float32 max_pool", "float32 gru", "float32 recurrent", "float32 lstm", "float32 flatten"),
    *(
        "float32 inputs_augmented",
        "float32 average_pool",
        "float32 layer_norm",
        "float32 embedding",
        "float64",
        f"float64 {ROWS}",
    ),
)


def parts_of(dtype: str, kinds: Iterable[str], augmented: bool) -> tuple[str, ...]:
    """The parts that networks of these kinds of layer take, in ``dtype``; ``augmented``: if their rows are changed."""
    asked = {ROWS, *kinds, *([AUGMENTED] if augmented else ())}
    return (dtype, *(f"{dtype} {kind}" for kind in LINKED if kind in asked))
