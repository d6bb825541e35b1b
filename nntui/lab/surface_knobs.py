"""The knobs of a lane on a surface, a row each; the surface's own parameters come last."""

from nntui_engine.registry.surface import SURFACES
from nntui_engine.scenario.settings import SurfaceSettings

from .knob_readers import ladder, of_surface
from .knobs import Knob, NumberKnob
from .network_knobs import BASICS, MOMENTUM, OPTIMIZER, learning_rate, number, share

_KNOBS: tuple[Knob, ...] = (
    learning_rate(2),
    OPTIMIZER,
    MOMENTUM,
    share("beta1", "adam"),
    share("beta2", "adam", 0.001),
    share("rho", "adadelta"),
    NumberKnob(
        "surface.noise",
        "noise",
        lambda settings: [settings.noise],
        group=BASICS,
        parameter=number("noise", 0.0, "standard deviation of the noise on the gradient", 1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
    NumberKnob(
        "train.clip_norm",
        "clip norm",
        lambda settings: [settings.clip_norm],
        group=BASICS,
        parameter=number("clip_norm", 0.0, "longer gradients are cut to this length; 0 is off", 1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
)


def surface_knobs(settings: SurfaceSettings) -> tuple[Knob, ...]:
    """The knobs of a lane on a surface."""
    own = tuple(
        NumberKnob(
            f"surface.{parameter.name}",
            parameter.name.replace("_", " "),
            of_surface(parameter.name),
            restarts=True,
            group=BASICS,
            parameter=parameter,
            ladder=tuple(value for value in ladder(0, 4) if parameter.low <= value <= parameter.high),
            fine_step=1.0 if parameter.whole else 0.0,
        )
        for parameter in SURFACES[settings.surface].parameters
    )
    return _KNOBS + own
