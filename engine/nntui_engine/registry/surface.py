"""Test surfaces: what a ``[surface]`` can name. The closed forms are in ``kernels/surface.py``."""

from dataclasses import dataclass

from .row import Parameter, Registry, Row

Point = tuple[float, float]
Window = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Surface(Row):
    """A function of two variables: its formula, minima, the window it is shown in ((x0, x1), (y0, y1)) and a start."""

    formula: str = ""
    minima: tuple[Point, ...] = ()
    window: Window = ((-1.0, 1.0), (-1.0, 1.0))
    start: Point = (0.0, 0.0)


_CAMEL = (0.08984201310031806, -0.7126564030207396)
_TANG = -2.903534027771177

SURFACES = Registry(
    "surface",
    (
        Surface(
            "beale",
            "Steep walls around a flat bent valley: the first gradient is huge, the last ones tiny.",
            source="Beale 1958",
            formula="(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
            minima=((3.0, 0.5),),
            window=((-4.5, 4.5), (-4.5, 4.5)),
            start=(1.0, 1.5),
        ),
        Surface(
            "long_valley",
            "A ridge that is nearly level at the start, then a long shallow valley to either side.",
            source="made for this program: curvature 8 across, a double well along it, curvature −0.36 on its ridge",
            formula="4x² + 0.01 (y² − 9)²",
            minima=((0.0, 3.0), (0.0, -3.0)),
            window=((-1.5, 1.5), (-1.0, 4.0)),
            start=(1.0, 0.001),
        ),
        Surface(
            "saddle",
            "Down towards the middle in x, down away from it in y: the gradient is 0 in the middle, yet no minimum.",
            source="x² − y² with a quartic term that keeps it bounded",
            formula="x² − y² + y⁴/8",
            minima=((0.0, 2.0), (0.0, -2.0)),
            window=((-2.0, 2.0), (-3.0, 3.0)),
            start=(1.5, 0.001),
        ),
        Surface(
            "rosenbrock",
            "A bent, narrow valley with a nearly level floor: easy to reach, slow to follow.",
            source="Rosenbrock 1960",
            formula="(1 − x)² + 100 (y − x²)²",
            minima=((1.0, 1.0),),
            window=((-2.0, 2.0), (-1.0, 3.0)),
            start=(-1.5, 2.0),
        ),
        Surface(
            "himmelblau",
            "Four equally deep minima: the start and the optimizer decide which one is found.",
            source="Himmelblau 1972",
            formula="(x² + y − 11)² + (x + y² − 7)²",
            minima=(
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286170),
                (3.584428340330492, -1.848126526964404),
            ),
            window=((-5.0, 5.0), (-5.0, 5.0)),
            start=(0.0, 0.0),
        ),
        Surface(
            "booth",
            "A plain tilted bowl, nine times as steep one way as the other.",
            formula="(x + 2y − 7)² + (2x + y − 5)²",
            minima=((1.0, 3.0),),
            window=((-4.0, 6.0), (-2.0, 8.0)),
            start=(-3.0, 7.0),
        ),
        Surface(
            "bowl",
            "The same curvature all round: the gradient points straight at the minimum.",
            formula="½ (x² + y²)",
            minima=((0.0, 0.0),),
            window=((-2.0, 2.0), (-2.0, 2.0)),
            start=(-1.5, 1.0),
        ),
        Surface(
            "ravine",
            "κ times as steep across as along: a rate small enough for the walls is too small for the floor.",
            (Parameter("condition", 100.0, "κ, the ratio of the two curvatures", low=1.0, high=1e12),),
            formula="½ (x² + κ y²)",
            minima=((0.0, 0.0),),
            window=((-2.0, 2.0), (-2.0, 2.0)),
            start=(-1.8, 1.0),
        ),
        Surface(
            "rastrigin",
            "A bowl full of dents: nearly every start ends in a poor local minimum.",
            source="Rastrigin 1974",
            formula="20 + x² − 10 cos 2πx + y² − 10 cos 2πy",
            minima=((0.0, 0.0),),
            window=((-3.0, 3.0), (-3.0, 3.0)),
            start=(2.3, -1.7),
        ),
        Surface(
            "ackley",
            "A wide, nearly level plain of small dents around one deep hole.",
            source="Ackley 1987",
            formula="−20 e^(−0.2 √(½(x² + y²))) − e^(½(cos 2πx + cos 2πy)) + e + 20",
            minima=((0.0, 0.0),),
            window=((-4.0, 4.0), (-4.0, 4.0)),
            start=(2.7, -1.8),
        ),
        Surface(
            "styblinski_tang",
            "Four hollows of different depth.",
            source="Styblinski & Tang 1990",
            formula="½ (x⁴ − 16x² + 5x + y⁴ − 16y² + 5y)",
            minima=((_TANG, _TANG),),
            window=((-5.0, 5.0), (-5.0, 5.0)),
            start=(0.5, 1.0),
        ),
        Surface(
            "six_hump_camel",
            "Six hollows, two of them deepest.",
            source="Dixon & Szegö 1978",
            formula="(4 − 2.1x² + x⁴/3) x² + xy + (−4 + 4y²) y²",
            minima=(_CAMEL, (-_CAMEL[0], -_CAMEL[1])),
            window=((-2.0, 2.0), (-1.2, 1.2)),
            start=(-1.6, 0.9),
        ),
        Surface(
            "plateau",
            "Level far out: the gradient is tiny where it is needed most.",
            formula="1 − 1 / (1 + x² + y²)",
            minima=((0.0, 0.0),),
            window=((-6.0, 6.0), (-6.0, 6.0)),
            start=(-5.0, 4.0),
        ),
        Surface(
            "cliff",
            "A gentle slope with a sudden drop: one step over the edge meets a gradient of 20.",
            formula="0.05 (x + 2)² + ½y² + 4σ(20x)",
            minima=((-2.0, 0.0),),
            window=((-3.0, 3.0), (-2.0, 2.0)),
            start=(2.0, 1.0),
        ),
        Surface(
            "noisy_moons",
            "The logistic loss of a real model with two weights, on mini-batches of two noisy half-moons.",
            (
                Parameter("samples", 200, "points of the data", low=10, high=100000, whole=True),
                Parameter("batch_size", 16, "points a step looks at", low=1, high=100000, whole=True),
            ),
            formula="mean of ln(1 + e^(−t·w·x)) + 0.01·½‖w‖², t = ±1",
            window=((-4.0, 4.0), (-4.0, 4.0)),
            start=(-3.0, -3.0),
        ),
    ),
)
