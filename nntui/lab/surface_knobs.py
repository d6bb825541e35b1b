"""The knobs of a run on a surface: what each reads from a lane's settings."""

from dataclasses import dataclass

from nntui_engine.optimizers import LR, OPTIMIZERS
from nntui_engine.registry import Parameter
from nntui_engine.settings import Settings, SurfaceSettings
from nntui_engine.surfaces import SURFACES

from .knobs import KNOBS, ChoiceKnob, Knob, NumberKnob, Value, ladder, optimizer_knob


@dataclass(frozen=True)
class SurfaceKnob(NumberKnob):
    """A number of the optimizer, of the race or of the surface."""

    def values(self, settings: Settings) -> list[Value]:
        """The lane's one number; none where its optimizer or its surface has no such setting."""
        assert isinstance(settings, SurfaceSettings)
        table, _, name = self.key.partition(".")
        found: float | None
        if table == "surface":
            found = settings.noise if name == "noise" else settings.surface_parameters.get(name)
        elif name in ("clip_norm", "clip_value"):
            found = getattr(settings, name)
        else:
            found = settings.optimizer_parameters.get(name)
        return [] if found is None else [found]

    def missing(self, settings: Settings) -> str:
        """That the lane's optimizer has no such setting."""
        return f"{settings.optimizer} has no {self.label}"


def _of_optimizer(name: str, optimizer: str) -> Parameter:
    return OPTIMIZERS[optimizer].parameter(name) or LR


_SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
_OPTIMIZER: ChoiceKnob = optimizer_knob()
_KNOBS: tuple[Knob, ...] = (
    SurfaceKnob("train.lr", "lr", parameter=LR, ladder=ladder(-6, 2, 0.0)),
    _OPTIMIZER,
    SurfaceKnob(
        "train.momentum",
        "momentum",
        parameter=_of_optimizer("momentum", "sgd"),
        ladder=(0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
        fine_step=0.01,
    ),
    SurfaceKnob("train.beta1", "beta1", parameter=_of_optimizer("beta1", "adam"), ladder=_SHARES, fine_step=0.01),
    SurfaceKnob("train.beta2", "beta2", parameter=_of_optimizer("beta2", "adam"), ladder=_SHARES, fine_step=0.001),
    SurfaceKnob("train.rho", "rho", parameter=_of_optimizer("rho", "adadelta"), ladder=_SHARES, fine_step=0.01),
    SurfaceKnob(
        "surface.noise",
        "noise",
        parameter=Parameter("noise", 0.0, "standard deviation of the noise on the gradient", low=0.0, high=1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
    SurfaceKnob(
        "train.clip_norm",
        "clip norm",
        parameter=Parameter("clip_norm", 0.0, "longer gradients are cut to this length; 0 is off", low=0.0, high=1e9),
        ladder=ladder(-3, 3, 0.0),
    ),
)


def knobs_of(settings: Settings) -> tuple[Knob, ...]:
    """The knobs for a lane; on a surface its own parameters come last."""
    if not isinstance(settings, SurfaceSettings):
        return KNOBS
    own = tuple(
        SurfaceKnob(
            f"surface.{parameter.name}",
            parameter.name.replace("_", " "),
            restarts=True,
            parameter=parameter,
            ladder=tuple(value for value in ladder(0, 4) if parameter.low <= value <= parameter.high),
            fine_step=1.0 if parameter.whole else 0.0,
        )
        for parameter in SURFACES[settings.surface].parameters
    )
    return _KNOBS + own
