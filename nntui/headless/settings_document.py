"""A lane's settings as plain nested values, every "auto" decided."""

from dataclasses import asdict
from typing import Any

from nntui_engine.scenario.settings import LaneSettings, LayerSettings, SurfaceSettings


def settings_document(settings: LaneSettings | SurfaceSettings) -> dict[str, Any]:
    """The settings in the shape of a scenario file."""
    return _surface(settings) if isinstance(settings, SurfaceSettings) else _network(settings)


def _network(settings: LaneSettings) -> dict[str, Any]:
    """``data``, ``model`` and ``train``.

    ``data`` is as written in the file, with defaults filled in. ``model.layers`` has one entry a layer, output last.
    """
    early, plain = settings.early_stopping, settings.is_plain
    return {
        "data": settings.table.get("data", {}),
        "model": {
            "inputs": settings.inputs,
            "batch_norm_inputs": settings.batch_norm_inputs,
            "batch_norm_momentum": settings.batch_norm_momentum,
            "input_dropout": settings.input_dropout,
            "dropconnect": settings.dropconnect,
            "layers": [_layer(layer, plain) for layer in settings.layers],
        },
        "train": {
            "loss": settings.loss,
            **({"huber_delta": settings.huber_delta} if settings.loss == "huber" else {}),
            "optimizer": settings.optimizer,
            **settings.optimizer_parameters,
            "schedule": {"kind": settings.schedule, **settings.schedule_parameters},
            "batch_size": settings.batch_size,
            "steps": settings.steps,
            "evaluate_every": settings.evaluate_every,
            "l1_method": settings.l1_method,
            "clip_norm": settings.clip_norm,
            "clip_value": settings.clip_value,
            "early_stopping": None if early is None else asdict(early),
            "noise": {
                "inputs": settings.noise_inputs,
                "weights": settings.noise_weights,
                "gradients": settings.noise_gradients,
            },
            "seed": settings.seed,
            "dtype": settings.dtype,
        },
    }


def _layer(layer: LayerSettings, plain: bool) -> dict[str, Any]:
    """A layer of a file; of a chain without what goes without saying."""
    written = asdict(layer)
    kind, name, sources, options = (written.pop(key) for key in ("kind", "name", "sources", "options"))
    if plain:
        return written
    own = {key: value for key, value in written.items() if key == "index" or layer.init or key in _OF_ALL}
    return {"kind": kind, "name": name, "sources": list(sources), **options, **own}


_OF_ALL = ("units", "activation", "alpha", "batch_norm", "dropout")  # what layers without weights have, too


def _surface(settings: SurfaceSettings) -> dict[str, Any]:
    """``surface`` and ``train``."""
    return {
        "surface": {
            "name": settings.surface,
            **settings.surface_parameters,
            "start": list(settings.start),
            "window": [list(side) for side in settings.window],
            "noise": settings.noise,
        },
        "train": {
            "optimizer": settings.optimizer,
            **settings.optimizer_parameters,
            "schedule": {"kind": settings.schedule, **settings.schedule_parameters},
            "steps": settings.steps,
            "clip_norm": settings.clip_norm,
            "clip_value": settings.clip_value,
            "seed": settings.seed,
        },
    }


def training_line(settings: LaneSettings) -> str:
    """How it is trained in one line, such as "cross_entropy, adam (lr 0.01), batches of 32"."""
    from nntui_engine.registry.optimizer import OPTIMIZERS

    defaults = {p.name: p.default for p in OPTIMIZERS[settings.optimizer].parameters}
    chosen = [
        f"{name} {value:g}"
        for name, value in settings.optimizer_parameters.items()
        if name == "lr" or value != defaults.get(name)
    ]
    words = [settings.loss, f"{settings.optimizer} ({', '.join(chosen)})", f"batches of {settings.batch_size}"]
    if settings.schedule != "constant":
        words.append(f"{settings.schedule} schedule")
    return ", ".join(words)
