"""What came of fixes that were tried."""

from dataclasses import dataclass, field

from .candidates import Candidate
from .reach import Reach


@dataclass(frozen=True, slots=True)
class Try:
    """One change, trained from the first seed. ``score`` is None where it was not tried to the end: ``refused`` says
    why the scenario does not take it ("" where time ran out). ``left``: rules that find something above an info;
    ``clean``: whether these are none but old consequences, as the head of trial.py says it."""

    candidate: Candidate
    score: float | None
    left: tuple[str, ...] = ()
    clean: bool = False
    works: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class OnSeed:
    """The score of the sick settings and of the mended ones with one seed."""

    seed: int
    before: float
    after: float
    works: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A change that works on the first seed, on every seed that it was trained with. ``holds``: it is proved.
    ``whole``: and with every seed it closes nine tenths of the gap."""

    candidate: Candidate
    seeds: tuple[OnSeed, ...]
    holds: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of all tries to mend ``lane``. ``before`` is its score with the first seed, ``wrong`` the rules that
    found something above an info, ``proofs`` what was repeated, in order; ``cut``: whether the budget ended it;
    ``seconds``: how long it took."""

    lane: str
    seed: int
    before: float
    wrong: tuple[str, ...]
    reach: Reach
    tried: tuple[Try, ...]
    proofs: tuple[Proof, ...]
    cut: bool
    seconds: float = field(compare=False)

    @property
    def fix(self) -> Proof | None:
        """The fix that is proved: the first that closes the gap, else the one that does best where it does worst; None
        if none is."""
        held = [proof for proof in self.proofs if proof.holds]
        whole = next((proof for proof in held if proof.whole), None)
        return whole or max(held, key=lambda proof: min(one.after for one in proof.seeds), default=None)

    @property
    def best(self) -> Try | None:
        """The change with the highest score; None if nothing was tried to its end."""
        done = [one for one in self.tried if one.score is not None]
        return max(done, key=lambda one: self.reach.level(one.score or 0.0)) if done else None
