"""Target: the steps for an SNR over all quantised tensors (informative)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from dombit.choose.exceptions import (
    ERASED_BELOW_DB,
    OWN_DB,
    Lossy,
    OwnSteps,
    Rules,
    assign,
)
from dombit.choose.steps import SLACK_DB, error_of, fitting, step_for_snr
from dombit.choose.survey import Weights, total_power
from dombit.quantization.choose import grid_index, grid_step, snr_db
from dombit.recipe import Step

MOST_ROUNDS = 8
"""Rounds of search, each of which gives more tensors steps of their own."""
COARSER = (1, 8, 64, 256)
"""Places of the grid by which the steps of some tensors grow where one step overshoots."""
SAFE = 1 - 1e-9
"""Part of the errors allowed that is used: sums in another order are not the same."""


def steps_for_snr(weights: Sequence[Weights], target: float, offset: float) -> Lossy:
    """Choose steps for a target over all quantised tensors, those with own steps included.

    An own step makes room for a larger common one, which may erase more: so several rounds.
    """
    below = 0.1 if target < OWN_DB else ERASED_BELOW_DB
    rules = Rules(offset=offset, erased_below=below, own=OwnSteps(db=OWN_DB, offset=offset))
    own: dict[int, Step] = {}
    notes: list[str] = []
    shared = list(weights)
    for _ in range(MOST_ROUNDS):
        apart = [each for each in weights if each.number in own]
        beside = math.fsum(error_of(each, own[each.number], offset) for each in apart)
        step, found = step_for_snr(
            shared, target, offset, signal_beside=total_power(apart), error_beside=beside
        )
        lossy = assign(shared, step, rules)
        notes += lossy.notes
        own |= {number: lossy.steps[number] for number in lossy.own}
        before, shared = shared, [n for n in shared if n.number in lossy.steps.keys() - lossy.own]
        if len(shared) == len(before):
            break
    if found > target + SLACK_DB:
        room = (total_power(apart) + total_power(shared)) * 10 ** (-target / 10) * SAFE - beside
        lossy = _coarser(shared, lossy, room, rules)
    return replace(lossy, steps={**lossy.steps, **own}, notes=tuple(notes), own=frozenset(own))


def _coarser(weights: Sequence[Weights], lossy: Lossy, room: float, rules: Rules) -> Lossy:
    """Let the steps of some tensors grow a little, as long as there is room for their errors.

    Where the dtype's own grid is coarse the SNR jumps between one common step and the next: then
    some tensors have the one, and some another.
    """
    if lossy.common is None:
        return lossy
    steps = dict(lossy.steps)
    errors = {each.number: error_of(each, steps[each.number], rules.offset) for each in weights}
    left = room - math.fsum(errors.values())
    for places in COARSER:
        larger = grid_step(grid_index(lossy.common) + places)
        for error, number, step in _growths(weights, larger, rules):
            if error - errors[number] <= left:
                left -= error - errors[number]
                steps[number], errors[number] = step, error
    return replace(lossy, steps=steps)


def _growths(weights: Sequence[Weights], step: Step, rules: Rules) -> list[tuple[float, int, Step]]:
    """Return (error, number, step) of each tensor that a step would not erase, largest first."""
    found: list[tuple[float, int, Step]] = []
    for each in weights:
        own = fitting(each, step, rules.offset)
        if own is not None:
            error = error_of(each, own, rules.offset)
            if each.power == 0.0 or snr_db(each.power, error) >= rules.erased_below:
                found.append((error, each.number, own))
    return sorted(found, reverse=True)
