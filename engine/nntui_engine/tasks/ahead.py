"""What may go wrong with a lane, before anything of it is trained or compiled."""

from ..data.facts import facts_of
from ..diagnosis.case import Case
from ..diagnosis.verdict import may_go_wrong
from ..run.finding import Finding
from ..run.snapshot import LaneSnapshot, NetworkPart
from .layers import layer_infos
from .resolve import ResolvedLane


def findings_ahead(resolved: ResolvedLane) -> list[Finding]:
    """What the static rules expect of a lane's data and settings, causes first; each no more than an "info"."""
    settings, data = resolved.settings, resolved.data
    layers = layer_infos(settings)
    parameters = sum(layer.parameters for layer in layers)
    own = NetworkPart(settings, data.task, parameters, own_data=False, facts=facts_of(data))
    return may_go_wrong(Case(LaneSnapshot(0, settings.name, 0, "running", own, {}, layers)))
