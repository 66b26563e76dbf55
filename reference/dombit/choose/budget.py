"""Budget: the step for so many bits a weight, with few real encodings (informative)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dombit.arithmetic import step_from_float, step_value
from dombit.choose import estimate
from dombit.choose.estimate import Sample
from dombit.choose.exceptions import (
    ERASED_BELOW_DB,
    OWN_DB,
    Lossy,
    OwnSteps,
    Rules,
    assign,
    is_fine,
)
from dombit.choose.steps import NO_STEP
from dombit.choose.survey import Weights, total_power
from dombit.quantization.choose import search_bits
from dombit.recipe import Step

SizeOf = Callable[[Lossy], float]
"""Encodes everything and gives the bits per weight of the whole stream."""
SLACK = 0.02
"""Part of a budget that may stay unused."""
ROUNDS = 5
"""Encodings that correct the estimate; behind them lies a search over encodings."""
OWN_BITS = 2.0
"""Bits a weight that OWN_DB costs, about: below this rate few tensors can have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be found: steps of these tensors for a budget."""

    weights: Sequence[Weights]
    samples: Sequence[Sample]
    elements: int
    """Float elements of the model: the weights that a budget counts."""
    budget: float
    """Bits a weight."""
    size_of: SizeOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A choice of steps, and the bits a weight that it takes."""

    lossy: Lossy
    bits: float


def is_met(bits: float, budget: float) -> bool:
    """Whether so many bits a weight keep a budget, and use it."""
    return (1 - SLACK) * budget <= bits <= budget


def steps_for_bits(
    weights: Sequence[Weights], elements: int, budget: float, offset: float, size_of: SizeOf
) -> Lossy:
    """Choose the steps for a budget in bits a weight of the whole stream.

    Tensors that the common step would erase get steps of their own. These get coarser, and yield
    at last, where the budget is missed otherwise; where it is missed even so, they stay.
    """
    samples = [estimate.sample(each) for each in weights]
    task = Task(weights=weights, samples=samples, elements=elements, budget=budget, size_of=size_of)
    missed: list[Lossy] = []
    for rules in _rules(budget, offset):
        found = _search(task, rules)
        if found.bits <= budget:
            return found.lossy
        missed.append(found.lossy)
    return missed[0]


def _rules(budget: float, offset: float) -> Iterator[Rules]:
    """Yield the rules to try in turn: own steps get coarser, then they yield."""
    below = 0.1 if budget < OWN_BITS else ERASED_BELOW_DB
    for db in (OWN_DB, ERASED_BELOW_DB):
        rules = Rules(offset=offset, erased_below=below, own=OwnSteps(db=db, offset=offset))
        yield rules
    yield replace(rules, yielding=True)


# ---------------------------------------------------------------------------- one set of rules


def _search(task: Task, rules: Rules) -> Found:
    """Return the finest steps found that keep the budget, else the cheapest.

    Each encoding tells by how much the estimate is wrong, which hardly changes from step to step:
    so the second one nearly always meets the budget.
    """
    tried: dict[Step, Found] = {}
    gap, step = 0.0, _start(task)
    for _ in range(ROUNDS):
        step = _estimated_step(task, rules, gap, step)
        if step in tried:
            break
        tried[step] = _encoded(task, rules, step)
        if is_met(tried[step].bits, task.budget):
            return tried[step]
        gap = tried[step].bits - _estimated(task, rules, step)
    return _best(task, rules, list(tried.values()), step)


def _best(task: Task, rules: Rules, tried: Sequence[Found], last: Step) -> Found:
    """Return the best of several encodings that all miss the budget, or search between them."""
    within = [found for found in tried if found.bits <= task.budget]
    if not within:
        return min(tried, key=lambda found: found.bits)
    if len(within) == len(tried):
        return max(within, key=lambda found: found.bits)
    step, _ = search_bits(lambda step: _encoded(task, rules, step).bits, task.budget, last, SLACK)
    return _encoded(task, rules, step)


def _encoded(task: Task, rules: Rules, step: Step) -> Found:
    """Return what a common step takes, exactly."""
    lossy = assign(task.weights, step, rules)
    return Found(lossy=lossy, bits=task.size_of(lossy))


def _start(task: Task) -> Step:
    """Return a step of about the size of the weights."""
    power, count = total_power(task.weights), sum(each.count for each in task.weights)
    if power == 0.0:
        return NO_STEP
    return step_from_float(math.sqrt(power / count), task.weights[0].tensor.dtype)


def _estimated_step(task: Task, rules: Rules, gap: float, start: Step) -> Step:
    """Return the step that should keep the budget if the estimate is wrong by `gap`."""
    aim, slack = task.budget * (1 - SLACK / 4), SLACK / 2
    step, _ = search_bits(lambda some: _estimated(task, rules, some) + gap, aim, start, slack)
    return step


def _estimated(task: Task, rules: Rules, step: Step) -> float:
    """Return about the bits a weight that the levels of all tensors take."""
    value = step_value(*step)
    bits = 0.0
    for each, some in zip(task.weights, task.samples, strict=True):
        bits += estimate.bits(some, _own_value(each, some, rules, value), rules.offset)
    return bits / task.elements


def _own_value(weights: Weights, some: Sample, rules: Rules, value: float) -> float:
    """Return the step that a tensor will have, about: the common one, or its own."""
    if rules.yielding or weights.power == 0.0 or is_fine(weights, value):
        return value
    if estimate.snr(some, value, rules.offset) >= rules.erased_below:
        return value
    own = rules.own.of(weights)
    return value if own is None else step_value(*own)
