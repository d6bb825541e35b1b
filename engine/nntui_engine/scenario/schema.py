"""The scenario file, schema version 1, as typed tables.

A table's fields are the keys a person may write; any other key is an error. Parameters that belong to a
choice (an optimizer's ``momentum``, a data set's ``noise``) are no fields here: the choice's registry row lists
them, and ``checks`` reads the row. Choices are plain text here for the same reason: the registries hold the names.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

SCHEMA_VERSION = 1
MAX_DEPTH = 1000
MAX_WIDTH = 1_000_000
MAX_STEPS = 1_000_000_000_000

Number = Annotated[float, Meta(ge=-1e30, le=1e30)]
NotNegative = Annotated[float, Meta(ge=0.0, le=1e30)]
Positive = Annotated[float, Meta(gt=0.0, le=1e30)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Dropout = Annotated[float, Meta(ge=0.0, lt=1.0)]
Width = Annotated[int, Meta(ge=1, le=MAX_WIDTH)]
Count = Annotated[int, Meta(ge=1, le=MAX_STEPS)]
StepNumber = Annotated[int, Meta(ge=0, le=MAX_STEPS)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A TOML table whose keys are all known."""


class ScenarioTable(Table, frozen=True):
    """What the launcher and the lesson view show."""

    title: Annotated[str, Meta(min_length=1)]
    summary: str = ""
    lesson: str = ""
    source: str = ""
    panels: tuple[str, ...] = ()


class DataTable(Table, frozen=True):
    """A data set (``name``) or a file of one's own (``path``), its split, its preprocessing, its target coding.

    ``labels`` and ``test_labels`` name the label files of IDX images; left out, they are derived from the image
    files' names. ``test_path`` is a file of its own for validation, instead of ``test_fraction`` of the
    rows. With ``folds`` = k the rows are dealt out to k hands, and hand number ``fold`` is held out.
    """

    name: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    labels: str | UnsetType = UNSET
    test_path: str | UnsetType = UNSET
    test_labels: str | UnsetType = UNSET
    target: str | list[str] = "last"
    target_coding: str = "auto"
    task: str = "auto"
    label_noise: Fraction = 0.0
    test_fraction: Dropout = 0.3
    split: str = "random"
    folds: Annotated[int, Meta(ge=0, le=1000)] = 0
    fold: Annotated[int, Meta(ge=1, le=1000)] = 1
    preprocess: str | dict[str, Any] = "none"
    target_scale: str = "none"


class SurfaceTable(Table, frozen=True):
    """A function of two variables to descend, in place of data."""

    name: Annotated[str, Meta(min_length=1)]
    start: tuple[Number, Number] | UnsetType = UNSET
    window: tuple[tuple[Number, Number], tuple[Number, Number]] | UnsetType = UNSET
    noise: NotNegative = 0.0


class ModelTable(Table, frozen=True):
    """A stack of dense layers. A list gives one value for each layer; ``checks`` holds the lengths."""

    hidden: Annotated[list[Width], Meta(max_length=MAX_DEPTH)] = msgspec.field(default_factory=lambda: [32, 32])
    activation: str | list[str] = "relu"
    alpha: Number | list[Number] | UnsetType = UNSET
    output: str = "auto"
    outputs: str | Width = "auto"
    init: str | list[str] = "xavier_uniform"
    init_scale: Number | list[Number] | UnsetType = UNSET
    bias: Number | str | list[Number | str] = 0.0
    bias_scale: NotNegative = 1.0
    batch_norm: str = "none"
    batch_norm_momentum: Fraction = 0.1
    batch_norm_inputs: bool = False
    dropout: Dropout | list[Dropout] = 0.0
    input_dropout: Dropout = 0.0
    dropconnect: Dropout = 0.0
    trainable: bool | list[bool] = True


class EarlyStoppingTable(Table, frozen=True):
    """Stop after ``patience`` evaluations without a loss lower by more than ``min_delta``."""

    patience: Annotated[int, Meta(ge=0, le=MAX_STEPS)] = 20
    min_delta: NotNegative = 0.0
    restore_best: bool = True


class NoiseTable(Table, frozen=True):
    """Standard deviations of the Gaussian noise added at every step; 0 is off."""

    inputs: NotNegative = 0.0
    weights: NotNegative = 0.0
    gradients: NotNegative = 0.0


class TrainTable(Table, frozen=True):
    """How to train. The optimizer's own parameters stand beside ``optimizer`` in the file."""

    loss: str = "auto"
    huber_delta: Positive | UnsetType = UNSET
    optimizer: str = "sgd"
    schedule: str | dict[str, Any] = "constant"
    batch_size: str | Count = 32
    steps: Count | UnsetType = UNSET
    epochs: Count | UnsetType = UNSET
    evaluate_every: str | Count = "auto"
    l1: NotNegative | list[NotNegative] = 0.0
    l2: NotNegative | list[NotNegative] = 0.0
    clip_norm: NotNegative = 0.0
    clip_value: NotNegative = 0.0
    early_stopping: EarlyStoppingTable | str = "none"
    noise: NoiseTable = NoiseTable()
    seed: Seed = 0
    dtype: str = "float32"


DEFAULT_STEPS = 3000


class SweepTable(Table, frozen=True):
    """One lane for each value of a setting (or, beside [[lane]] tables, one of each lane for each value)."""

    key: Annotated[str, Meta(min_length=1)]
    values: Annotated[list[Any], Meta(min_length=2, max_length=64)]


class Try(Table, frozen=True):
    """A guided change offered on screen, for one lane or (``lane`` absent) for all."""

    say: Annotated[str, Meta(min_length=1)]
    set: Annotated[dict[str, Any], Meta(min_length=1)]
    lane: str | None = None


class Over(Table, frozen=True):
    """Where the other value of a ratio is read; what is left out is the same as in the expectation."""

    layer: int | None = None
    lane: str | None = None
    step: StepNumber | None = None


class Expectation(Table, frozen=True):
    """What a scenario must show: one statistic against bounds, or a finding that is there or is not.

    ``lane`` None means the only lane, ``step`` None the last step, ``layer`` None a whole-network statistic; layers
    count from 1, and −1 is the output layer. With ``over`` the value is a ratio. ``average_over`` = n takes the mean of
    the statistic's last n samples, for values that jump from mini-batch to mini-batch.
    """

    lane: str | None = None
    step: StepNumber | None = None
    statistic: str | None = None
    layer: int | None = None
    over: Over | None = None
    below: float | None = None
    above: float | None = None
    between: tuple[float, float] | None = None
    equals: float | tuple[float, ...] | None = None
    rtol: NotNegative = 1e-6
    finding: str | None = None
    no_finding: str | None = None
    average_over: Annotated[int, Meta(ge=1, le=512)] = 1


class LaneTable(Table, frozen=True):
    """A named variant: the file's tables with ``set`` laid over them. ``expect`` is what this lane must show."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    set: dict[str, Any] = {}
    expect: tuple[Expectation, ...] = ()


class ScenarioFile(Table, frozen=True):
    """The whole file. The four settings tables are read on their own, once a lane's ``set`` is laid over them."""

    schema: int
    scenario: ScenarioTable
    data: dict[str, Any] | UnsetType = UNSET
    surface: dict[str, Any] | UnsetType = UNSET
    model: dict[str, Any] | UnsetType = UNSET
    train: dict[str, Any] | UnsetType = UNSET
    lane: tuple[LaneTable, ...] = ()
    sweep: SweepTable | UnsetType = UNSET
    try_: tuple[Try, ...] = msgspec.field(default=(), name="try")
    expect: tuple[Expectation, ...] = ()


SECTIONS: dict[str, type[Table]] = {
    "data": DataTable,
    "surface": SurfaceTable,
    "model": ModelTable,
    "train": TrainTable,
}
