"""The scenario file, schema version 1, as typed tables.

A table's fields are the keys a person may write; any other key is an error. What a key means stands in its
``means(…)``, which docs/scenario.md shows. Parameters that belong to a choice (an optimizer's ``momentum``, a data
set's ``noise``) are no fields here: the choice's registry row lists them, and ``checks`` reads the row. Choices are
plain text here for the same reason: the registries hold the names.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

SCHEMA_VERSION = 1
MAX_DEPTH = 1000
MAX_WIDTH = 1_000_000
MAX_STEPS = 1_000_000_000_000
MAX_SEEDS = 1000
MAX_TRIES = 32
MAX_CHANGES = 1000

Number = Annotated[float, Meta(ge=-1e30, le=1e30)]
NotNegative = Annotated[float, Meta(ge=0.0, le=1e30)]
Positive = Annotated[float, Meta(gt=0.0, le=1e30)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Dropout = Annotated[float, Meta(ge=0.0, lt=1.0)]
Width = Annotated[int, Meta(ge=1, le=MAX_WIDTH)]
RowLength = Annotated[int, Meta(ge=1, le=MAX_WIDTH)]
Count = Annotated[int, Meta(ge=1, le=MAX_STEPS)]
StepNumber = Annotated[int, Meta(ge=0, le=MAX_STEPS)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
SeedCount = Annotated[int, Meta(ge=1, le=MAX_SEEDS)]
NotEmpty = Annotated[str, Meta(min_length=1)]


def means(text: str) -> Meta:
    """The meaning of a key, one line of Markdown."""
    return Meta(description=text)


class Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A TOML table whose keys are all known."""


class ScenarioTable(Table, frozen=True):
    """What the launcher and the lesson view show."""

    title: Annotated[NotEmpty, means("what the scenario is called on screen")]
    summary: Annotated[str, means("one line for `nntui list`")] = ""
    lesson: Annotated[str, Meta(max_length=20_000), means("Markdown: what to see, why it happens, what to try")] = ""
    source: Annotated[str, means("where it comes from")] = ""
    panels: Annotated[tuple[str, ...], means('the plots to show first, such as `["loss", "gradient_norm"]`')] = ()


class AugmentTable(Table, frozen=True):
    """How much the rows of a mini-batch are changed before each step; ``augment`` holds what goes with which shape."""

    shift: Annotated[
        Annotated[float, Meta(ge=0.0, le=MAX_WIDTH)] | UnsetType,
        means("images: moved by up to so many pixels along both axes"),
    ] = UNSET
    rotate: Annotated[
        Annotated[float, Meta(ge=0.0, le=180.0)] | UnsetType,
        means("images: turned by up to so many degrees either way"),
    ] = UNSET
    scale: Annotated[
        Dropout | UnsetType,
        means("images: enlarged by a factor up to so far from 1; otherwise all values multiplied by one"),
    ] = UNSET
    flip: Annotated[str | UnsetType, means("images: mirrored in half of the cases, left to right or upside down")] = (
        UNSET
    )
    contrast: Annotated[
        Fraction | UnsetType,
        means("images: distances from the image's mean multiplied by a factor up to so far from 1"),
    ] = UNSET
    jitter: Annotated[
        Annotated[int, Meta(ge=0, le=MAX_WIDTH)] | UnsetType,
        means("not for images: moved by up to so many whole steps in time"),
    ] = UNSET
    noise: Annotated[NotNegative | UnsetType, means("standard deviation of what is added to every value")] = UNSET


class DataTable(Table, frozen=True):
    """A data set (``name``) or a file of one's own (``path``), its split, its preprocessing, its target coding."""

    name: Annotated[str | UnsetType, means("a built-in data set; its own parameters stand beside it")] = UNSET
    path: Annotated[
        str | UnsetType,
        means(
            "your own file instead of `name`: `.csv`, `.npz` with arrays `x` and `y`, or MNIST-format IDX images (also "
            "`.gz`); relative to the scenario file"
        ),
    ] = UNSET
    labels: Annotated[
        str | UnsetType, means("the IDX label file, if its name does not follow from that of the images")
    ] = UNSET
    test_path: Annotated[
        str | UnsetType, means("a file of its own for validation, instead of `test_fraction` of the rows")
    ] = UNSET
    test_labels: Annotated[
        str | UnsetType, means("the IDX label file of `test_path`, if its name does not follow from that of the images")
    ] = UNSET
    shape: Annotated[
        Annotated[tuple[RowLength, ...], Meta(min_length=1, max_length=3)] | UnsetType,
        means(
            "what a row is: `[height, width, channels]` of an image, `[time, features]` of a sequence; left out, what "
            "the data set or the file says, else a list of columns"
        ),
    ] = UNSET
    target: Annotated[
        str | list[str], means("the target column of a CSV, or a list of columns for several targets")
    ] = "last"
    target_coding: Annotated[
        str, means("how the target is coded: `label` (one number), `one_hot`, `plus_minus` (−1 and 1) or `as_is`")
    ] = "auto"
    task: Annotated[str, means('what is predicted; `"auto"` decides by the target')] = "auto"
    label_noise: Annotated[Fraction, means("share of the training rows whose class is replaced by another")] = 0.0
    keep_classes: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=2)] | UnsetType,
        means('only rows of these classes, such as `["3", "8"]`, which are then numbered anew, in the data\'s order'),
    ] = UNSET
    test_fraction: Annotated[Dropout, means("share of the rows held out for validation; 0 holds out none")] = 0.3
    test_shift: Annotated[
        int,
        Meta(ge=0, le=MAX_WIDTH),
        means(
            "images: those held out are moved, once for all, by up to so many whole pixels along both axes; beyond the "
            "edge the nearest value goes on"
        ),
    ] = 0
    train_rows: Annotated[
        Count | UnsetType,
        means(
            "train on so many of the rows that are not held out only, with classes as many of each as there are; the "
            "seed draws them, and fewer are among more"
        ),
    ] = UNSET
    split: Annotated[
        str, means("which rows are held out: random ones (with classes in equal shares, by seed) or the last")
    ] = "random"
    folds: Annotated[
        int,
        Meta(ge=0, le=1000),
        means("k-fold cross-validation: the rows are dealt out to so many hands, at least 2; 0 is off"),
    ] = 0
    fold: Annotated[int, Meta(ge=1, le=1000), means("the number of the hand that is held out, up to `folds`")] = 1
    preprocess: Annotated[
        str | dict[str, Any],
        means(
            'what is done to the inputs; to divide them: `{ kind = "divide", by = 255 }`. `"whiten"` takes up to 3000 '
            "columns, 5000 where there are at most 3000 training rows"
        ),
    ] = "none"
    target_scale: Annotated[str, means("what is done to the targets of a regression")] = "none"
    augment: Annotated[
        AugmentTable | str | UnsetType,
        means("changes drawn anew for every row of every mini-batch, such as `{ shift = 1, rotate = 10 }`"),
    ] = UNSET


class SurfaceTable(Table, frozen=True):
    """A function of two variables to descend, in place of data."""

    name: Annotated[NotEmpty, means("the function; its own parameters stand beside it")]
    start: Annotated[tuple[Number, Number] | UnsetType, means("`[x, y]`, where the optimizers start")] = UNSET
    window: Annotated[
        tuple[tuple[Number, Number], tuple[Number, Number]] | UnsetType,
        means("`[[x0, x1], [y0, y1]]`: the part of the surface that is shown"),
    ] = UNSET
    noise: Annotated[NotNegative, means("standard deviation of what is added to each part of the gradient")] = 0.0


Size = Annotated[int, Meta(ge=1, le=10_000)]
Window = Annotated[int, Meta(ge=0, le=MAX_WIDTH)]


class LayerTable(Table, frozen=True):
    """One layer of ``[[model.layers]]``, or a block of them (``layers``). Which keys a kind takes, its row says."""

    kind: Annotated[str | UnsetType, means("what kind of layer it is")] = UNSET
    name: Annotated[str | UnsetType, means("what others call it, and what it is called on screen")] = UNSET
    from_: Annotated[
        str | list[str] | UnsetType,
        means(
            'the names of what it reads; left out, the layer above. `"inputs"` are the data; inside a block, `"block"` '
            "is what the block reads"
        ),
    ] = msgspec.field(default=UNSET, name="from")
    repeat: Annotated[
        int, Meta(ge=1, le=MAX_DEPTH), means("how often it comes, one after the other; names get `.1`, `.2`, …")
    ] = 1
    layers: Annotated[list["LayerTable"] | UnsetType, means("a block: the layers in it, in place of `kind`")] = UNSET
    units: Annotated[Width | UnsetType, means("how many units, or numbers for each token")] = UNSET
    filters: Annotated[Width | UnsetType, means("how many filters a convolution has")] = UNSET
    kernel: Annotated[Size | list[Size] | UnsetType, means("a filter's window: one size, or `[height, width]`")] = UNSET
    size: Annotated[Size | list[Size] | UnsetType, means("a pool's window, likewise")] = UNSET
    stride: Annotated[
        Size | list[Size] | UnsetType, means("how far the window moves; left out, 1 for filters, its size for pools")
    ] = UNSET
    padding: Annotated[
        str | UnsetType,
        means('`"valid"`: windows lie inside; `"same"`: zeros are put around, so that with stride 1 the size stays'),
    ] = UNSET
    return_sequence: Annotated[
        bool | UnsetType, means("pass on the state after every time step, not only the last one")
    ] = UNSET
    activation: Annotated[
        str | UnsetType, means("its activation; left out, the model's, or of recurrent ones tanh")
    ] = UNSET
    alpha: Annotated[Number | UnsetType, means("the activation's own parameter, where it has one")] = UNSET
    recurrent_activation: Annotated[str | UnsetType, means("activation of the gates")] = UNSET
    init: Annotated[str | UnsetType, means("what its weights start from; left out, as the model says")] = UNSET
    init_scale: Annotated[Number | UnsetType, means("spread or value, for `normal`, `uniform` and `constant`")] = UNSET
    recurrent_init: Annotated[str | UnsetType, means("what the weights from state to state start from")] = UNSET
    spectral_radius: Annotated[
        Positive | UnsetType,
        means("scales the weights from state to state so that their largest eigenvalue has this magnitude"),
    ] = UNSET
    bias: Annotated[Number | str | UnsetType, means("what biases start from; left out, as the model says")] = UNSET
    forget_bias: Annotated[Number | UnsetType, means("what the biases of an LSTM's forget gate start from")] = UNSET
    batch_norm: Annotated[str | UnsetType, means("batch norm, before or after the activation")] = UNSET
    dropout: Annotated[Dropout | UnsetType, means("share of what it passes on that is left out of a step")] = UNSET
    recurrent_dropout: Annotated[
        Dropout | UnsetType, means("the same of the state that goes into the next time step; one mask for all steps")
    ] = UNSET
    l1: Annotated[NotNegative | UnsetType, means("penalty l1·‖W‖₁ of its weights")] = UNSET
    l2: Annotated[NotNegative | UnsetType, means("penalty ½·l2·‖W‖² of its weights")] = UNSET
    trainable: Annotated[bool | UnsetType, means("false freezes what it learns")] = UNSET
    truncate: Annotated[
        Window | UnsetType,
        means("gradients go back through so many time steps at a time only; 0: through all of them"),
    ] = UNSET
    carry: Annotated[
        bool | UnsetType,
        means("a row begins with the state its place in the last mini-batch ended with, not with zeros"),
    ] = UNSET
    tokens: Annotated[Width | UnsetType, means("how many different tokens an embedding knows")] = UNSET


class StartTable(Table, frozen=True):
    """Weights learned before, in place of drawn ones: transfer."""

    weights: Annotated[
        str | UnsetType, means("a file that `nntui run --save-weights` wrote; relative to the scenario file")
    ] = UNSET
    scenario: Annotated[
        str | UnsetType, means("or a scenario, which is trained to its end first: its first lane's weights")
    ] = UNSET
    seed: Annotated[Seed | UnsetType, means("with `scenario`: the seed to train it with, in place of its own")] = UNSET
    layers: Annotated[
        list[str] | UnsetType, means("the layers that start from them, by name or number; left out, all")
    ] = UNSET


class ModelTable(Table, frozen=True):
    """A stack of dense layers. A list gives one value for each layer; ``checks`` holds the lengths."""

    layers: Annotated[
        list[LayerTable] | UnsetType,
        means("the layers in order, of any kind, in place of `hidden`: `[[model.layers]]`"),
    ] = UNSET
    hidden: Annotated[list[Width], Meta(max_length=MAX_DEPTH), means("units of each hidden layer; `[]` for none")] = (
        msgspec.field(default_factory=lambda: [32, 32])
    )
    activation: Annotated[str | list[str], means("activation of the hidden layers; a list has one for each")] = "relu"
    alpha: Annotated[
        Number | list[Number] | UnsetType,
        means("the activation's own parameter, where it has one; a list has one for each hidden layer"),
    ] = UNSET
    output: Annotated[str, means("activation of the output layer")] = "auto"
    outputs: Annotated[str | Width, means("number of output units; must fit the target coding")] = "auto"
    init: Annotated[
        str | list[str], means("what weights start from; a list has one for each layer, output layer included")
    ] = "xavier_uniform"
    init_scale: Annotated[
        Number | list[Number] | UnsetType,
        means("the spread or value, for `normal`, `uniform` and `constant`; a list has one for each layer"),
    ] = UNSET
    bias: Annotated[
        Number | str | list[Number | str], means("what biases start from; a list has one for each layer")
    ] = 0.0
    bias_scale: Annotated[NotNegative, means('standard deviation of `bias = "normal"`')] = 1.0
    start: Annotated[
        StartTable | UnsetType,
        means('weights learned before: `{ weights = "W.npz", layers = ["conv1"] }` or `{ scenario = "digits" }`'),
    ] = UNSET
    batch_norm: Annotated[str, means("where hidden layers are batch-normalised: before or after the activation")] = (
        "none"
    )
    batch_norm_momentum: Annotated[Fraction, means("share of the newest batch in the running statistics")] = 0.1
    batch_norm_inputs: Annotated[bool, means("normalise the inputs too")] = False
    dropout: Annotated[
        Dropout | list[Dropout], means("share of the units left out of a step; a list has one for each hidden layer")
    ] = 0.0
    input_dropout: Annotated[Dropout, means("dropout of the inputs")] = 0.0
    dropconnect: Annotated[Dropout, means("dropout of single weights")] = 0.0
    trainable: Annotated[
        bool | list[bool], means("false freezes the weights and biases; a list has one for each layer")
    ] = True
    output_trainable: Annotated[
        bool | UnsetType, means("the same of the output layer alone; without it, what `trainable` says")
    ] = UNSET


class EarlyStoppingTable(Table, frozen=True):
    """Stop after ``patience`` evaluations without a loss lower by more than ``min_delta``."""

    patience: Annotated[
        int, Meta(ge=0, le=MAX_STEPS), means("evaluations without a lower loss after which training stops")
    ] = 20
    min_delta: Annotated[NotNegative, means("a loss counts as lower if it is lower by more than this")] = 0.0
    restore_best: Annotated[
        bool, means("end on the weights of the lowest loss, whether patience or the steps run out first")
    ] = True


class NoiseTable(Table, frozen=True):
    """Standard deviations of the Gaussian noise added at every step; 0 is off."""

    inputs: Annotated[NotNegative, means("standard deviation of what is added to the inputs")] = 0.0
    weights: Annotated[NotNegative, means("standard deviation of what is added to the weights")] = 0.0
    gradients: Annotated[NotNegative, means("standard deviation of what is added to the gradients")] = 0.0


class TrainTable(Table, frozen=True):
    """How to train. The optimizer's own parameters stand beside ``optimizer`` in the file."""

    loss: Annotated[str, means('what is minimised; `"auto"` is what goes with the task and the output')] = "auto"
    huber_delta: Annotated[Positive | UnsetType, means('with `loss = "huber"`: where squared turns to absolute')] = (
        UNSET
    )
    optimizer: Annotated[str, means("how weights are changed; its own parameters stand beside it")] = "sgd"
    schedule: Annotated[
        str | dict[str, Any],
        means('how the learning rate changes, such as `{ kind = "exponential", decay = 0.01 }`'),
    ] = "constant"
    batch_size: Annotated[str | Count, means("rows of a mini-batch; more than there are training rows is an error")] = (
        32
    )
    shuffle: Annotated[bool, means("draw the order of the rows anew for each epoch; else they come as they stand")] = (
        True
    )
    steps: Annotated[Count | UnsetType, means("how long, in mini-batches; one of `steps` and `epochs`")] = UNSET
    epochs: Annotated[Count | UnsetType, means("how long, in passes over the training rows")] = UNSET
    evaluate_every: Annotated[
        str | Count, means('steps between two evaluations on the whole sets; `"auto"`: an epoch, at least 10')
    ] = "auto"
    l1: Annotated[
        NotNegative | list[NotNegative],
        means("penalty l1·‖W‖₁, never on biases; a list has one for each layer"),
    ] = 0.0
    l1_method: Annotated[
        str,
        means(
            "how L1 acts: `subgradient` adds l1·sign(W) to the gradient (0 at 0), as in PyTorch; `proximal` shrinks "
            "every weight by lr·l1 after the optimizer's step, and sets those to exactly 0 that were smaller"
        ),
    ] = "subgradient"
    l2: Annotated[
        NotNegative | list[NotNegative],
        means("penalty ½·l2·‖W‖², never on biases; a list has one for each layer"),
    ] = 0.0
    clip_norm: Annotated[NotNegative, means("length to which the gradient of all parameters is clipped; 0 is off")] = (
        0.0
    )
    clip_value: Annotated[NotNegative, means("size to which each entry of the gradient is clipped; 0 is off")] = 0.0
    early_stopping: Annotated[EarlyStoppingTable | str, means("when to stop early, such as `{ patience = 20 }`")] = (
        "none"
    )
    noise: Annotated[NoiseTable, means("noise added at every step, such as `{ gradients = 0.1 }`")] = NoiseTable()
    seed: Annotated[Seed, means("decides the split, the weights, the batches and all noise")] = 0
    dtype: Annotated[str, means("the precision of the numbers")] = "float32"


DEFAULT_STEPS = 3000


class SweepTable(Table, frozen=True):
    """One lane for each value of a setting (or, beside [[lane]] tables, one of each lane for each value)."""

    key: Annotated[NotEmpty, means("the setting")]
    values: Annotated[list[Any], Meta(min_length=2, max_length=64), means("its values, one for each lane")]


class Try(Table, frozen=True):
    """A guided change offered on screen, for one lane or (``lane`` absent) for all."""

    say: Annotated[NotEmpty, means("the words on screen")]
    set: Annotated[dict[str, Any], Meta(min_length=1), means("the settings it changes, as in a lane")]
    lane: Annotated[str | None, means("the only lane it is for; left out, it is for all")] = None


class Change(Table, frozen=True):
    """A change of settings while it trains: after so many steps, of one lane or (``lane`` absent) of all."""

    step: Annotated[int, Meta(ge=1, le=10**12), means("after how many steps")]
    set: Annotated[dict[str, Any], Meta(min_length=1), means("the settings it changes, as in a lane")]
    lane: Annotated[str | None, means("the only lane it is for; left out, it is for all")] = None


class Over(Table, frozen=True):
    """Where the other value of a ratio is read; what is left out is the same as in the expectation."""

    layer: Annotated[int | str | None, means("the layer of the other value")] = None
    time: Annotated[int | None, means("its time step")] = None
    lane: Annotated[str | None, means("its lane")] = None
    step: Annotated[StepNumber | None, means("its step")] = None


class Expectation(Table, frozen=True):
    """What a scenario must show: one statistic against bounds, or a finding that is there or is not."""

    lane: Annotated[str | None, means("which lane; left out, the only one, or all for `no_finding`")] = None
    step: Annotated[StepNumber | None, means("at which step; left out, at the end")] = None
    statistic: Annotated[str | None, means("what is measured")] = None
    layer: Annotated[
        int | str | None,
        means("of which layer, from 1, or its name; −1 is the output layer; left out, of the whole network"),
    ] = None
    time: Annotated[
        int | None,
        means("of `time_gradient_norm` and `hidden_spread`: which time step of the sequence, from 1; −1 is the last"),
    ] = None
    gate: Annotated[str | None, means("of `gate_mean` and `gate_saturated`: which gate")] = None
    over: Annotated[Over | None, means("makes it the ratio to the same statistic elsewhere")] = None
    below: Annotated[float | None, means("it must be smaller than this")] = None
    above: Annotated[float | None, means("it must be larger than this")] = None
    between: Annotated[tuple[float, float] | None, means("`[a, b]`: it must be a, b or between them")] = None
    equals: Annotated[
        float | tuple[float, ...] | None, means("it must be this, within `rtol`; a position is `[x, y]`")
    ] = None
    rtol: Annotated[NotNegative, means("how far from `equals` it may be, as a share of `equals`")] = 1e-6
    finding: Annotated[str | None, means("a diagnosis that must be made")] = None
    no_finding: Annotated[str | None, means('a diagnosis that must not be made; `"any"` forbids all')] = None
    seeds: Annotated[SeedCount, means("measure it on so many seeds, from the run's first on; goes with `at_least`")] = 1
    at_least: Annotated[SeedCount | None, means("on how many of the `seeds` it must hold")] = None
    average_over: Annotated[
        int,
        Meta(ge=1, le=512),
        means("take the mean of the last so many samples, for values that jump from mini-batch to mini-batch"),
    ] = 1


Reasons = dict[str, NotEmpty]


class LaneTable(Table, frozen=True):
    """A named variant: the file's tables with ``set`` laid over them. ``expect`` is what this lane must show."""

    name: Annotated[str, Meta(min_length=1, max_length=60), means("what the lane is called")]
    set: Annotated[dict[str, Any], means("what it changes: dotted keys and their values")] = {}
    expect: Annotated[tuple[Expectation, ...], means("what it must show: `[[expect]]` tables without `lane`")] = ()
    survives: Annotated[Reasons, means("what may be swapped in it unnoticed, each with the reason")] = {}


class ScenarioFile(Table, frozen=True):
    """The whole file. The four settings tables are read on their own, once a lane's ``set`` is laid over them."""

    schema: Annotated[int, means("the version of this format")]
    scenario: Annotated[ScenarioTable, means("what it is called, and what it teaches")]
    data: Annotated[dict[str, Any] | UnsetType, means("what is trained on")] = UNSET
    surface: Annotated[dict[str, Any] | UnsetType, means("a function to descend, in place of data and model")] = UNSET
    model: Annotated[dict[str, Any] | UnsetType, means("the network")] = UNSET
    train: Annotated[dict[str, Any] | UnsetType, means("how it is trained")] = UNSET
    lane: Annotated[tuple[LaneTable, ...], means("variants that train side by side")] = ()
    sweep: Annotated[SweepTable | UnsetType, means("one lane for each value of a setting")] = UNSET
    try_: Annotated[tuple[Try, ...], Meta(max_length=MAX_TRIES), means("changes that the screen offers")] = (
        msgspec.field(default=(), name="try")
    )
    change: Annotated[
        tuple[Change, ...], Meta(max_length=MAX_CHANGES), means("changes of settings while it trains")
    ] = ()
    expect: Annotated[tuple[Expectation, ...], means("what the scenario must show")] = ()
    survives: Annotated[Reasons, means("what may be swapped unnoticed in any of its lanes, each with the reason")] = {}


SECTIONS: dict[str, type[Table]] = {
    "data": DataTable,
    "surface": SurfaceTable,
    "model": ModelTable,
    "train": TrainTable,
}
