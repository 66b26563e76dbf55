"""Exceptions: tensors that a common step would erase, or that cannot have it (informative)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from dombit.arithmetic import step_value
from dombit.choose.steps import error_of, fitting, step_for_snr
from dombit.choose.survey import Weights
from dombit.quantization.choose import snr_db
from dombit.recipe import Step

ERASED_BELOW_DB = 3.0
"""A tensor that the common step would leave below this SNR counts as erased."""
OWN_DB = 10.0
"""SNR that a tensor gets that the common step would erase."""
FINE = 0.25
"""A step of at most so many root mean squares leaves every tensor 6 dB, in any dtype."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossy:
    """The step of each tensor that is quantised, by number."""

    steps: dict[int, Step]
    notes: tuple[str, ...] = ()
    own: frozenset[int] = frozenset()
    """Those that have a step of their own because the common one would erase them."""
    predicted: frozenset[int] = frozenset()
    """Those that are quantised as differences from their predictions."""
    common: Step | None = None
    """The step that all others have, or would have if it were legal for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSteps:
    """Steps of their own for tensors, all of one SNR; each is searched once."""

    db: float
    offset: float
    known: dict[int, Step | None] = field(default_factory=dict)

    def of(self, weights: Weights) -> Step | None:
        """Return the step that leaves a tensor this SNR; None where none leaves enough of it."""
        if weights.number not in self.known:
            step, found = step_for_snr([weights], self.db, self.offset)
            enough = found >= ERASED_BELOW_DB
            self.known[weights.number] = fitting(weights, step, self.offset) if enough else None
        return self.known[weights.number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which tensors get a step of their own, and which."""

    offset: float
    erased_below: float = ERASED_BELOW_DB
    """dB"""
    own: OwnSteps
    yielding: bool = False
    """Tensors that could have a step of their own are erased all the same."""


def assign(weights: Sequence[Weights], common: Step, rules: Rules) -> Lossy:
    """Give each tensor the common step, one of its own, or (none at all) keep it lossless."""
    steps: dict[int, Step] = {}
    notes: list[str] = []
    own: set[int] = set()
    for each in weights:
        name, step = each.tensor.name, fitting(each, common, rules.offset)
        if step is None:
            notes.append(f"{name}: values too large for the step, kept lossless")
        elif not is_erased(each, step, rules):
            steps[each.number] = step
        elif (found := rules.own.of(each)) is None:
            notes.append(f"{name}: values too small for any own step, kept lossless")
        elif rules.yielding:
            steps[each.number] = step
            notes.append(f"{name}: erased, the budget has no room for a step of its own")
        else:
            steps[each.number] = found
            own.add(each.number)
            notes.append(f"{name}: the common step would erase it, own step of {rules.own.db:g} dB")
    return Lossy(steps=steps, notes=tuple(notes), own=frozenset(own), common=common)


def is_erased(weights: Weights, step: Step, rules: Rules) -> bool:
    """Whether a step leaves so little of a tensor that it counts as erased."""
    if weights.power == 0.0 or is_fine(weights, step_value(*step)):
        return False
    return snr_db(weights.power, error_of(weights, step, rules.offset)) < rules.erased_below


def is_fine(weights: Weights, step: float) -> bool:
    """Whether a step is so small beside a tensor's values that it cannot erase it."""
    return step <= FINE * math.sqrt(weights.power / weights.count)
