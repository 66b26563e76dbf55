"""What an encoder is free to choose here: windows of exponents, steps (chapter 12, informative)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dombit.arithmetic import MAX_EXPONENT, MIN_EXPONENT, NARROW, chunks, step_value
from dombit.dtypes import DType, FloatLayout

Step = tuple[int, int]
"""Mantissa and exponent."""
OCTAVE = 2048
"""Steps of 12-bit mantissas between one power of two and the next."""
DB_PER_OCTAVE = 6.0206


def exponent_histogram(bits: NDArray[Any], layout: FloatLayout) -> NDArray[np.int64]:
    """Return how often each exponent field occurs, [2^E], +0 left out (it has its own token)."""
    number = bits.dtype.type
    size = 1 << layout.exponent_bits
    counts = np.zeros(size, dtype=np.int64)
    for part in chunks(bits.size):
        fields = (bits[part] << number(1)) >> number(layout.mantissa_bits + 1)
        counts += np.bincount(fields, minlength=size)
    counts[0] -= bits.size - np.count_nonzero(bits)
    return counts


def pick_exponent_window(histogram: NDArray[np.int64], most: int) -> tuple[int, int]:
    """Return (first exponent, count) of the window of at most `most` that leaves fewest outside.

    The first of several; no wider than the exponents it holds need. At least one wide.
    """
    width = min(most, histogram.size)
    total = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(histogram)])
    first = int(np.argmax(total[width:] - total[:-width]))
    used = np.flatnonzero(histogram[first : first + width])
    if not used.size:
        return 0, 1
    return first + int(used[0]), int(used[-1] - used[0]) + 1


def uniform_bound(step: Step, offset: float, dtype: DType, decoded: float = 0.0) -> float:
    """Return the largest error of one weight that was not clipped.

    `decoded`: its decoded value; half an ulp of the dtype there (an integer: one half) is added.
    """
    largest = max(offset, 1.0 - offset) * step_value(*step)
    if dtype.layout is None:
        return largest + 0.5
    rule = NARROW.get(dtype.name)
    bias = rule.bias if rule else (1 << (dtype.layout.exponent_bits - 1)) - 1
    exponent = max(math.frexp(decoded)[1] - 1, 1 - bias)
    return largest + math.ldexp(0.5, exponent - dtype.layout.mantissa_bits)


def snr_db(signal: float, error: float) -> float:
    """Return the signal-to-noise ratio in dB of sums of squared weights and squared errors."""
    if error == 0.0:
        return math.inf
    return 10.0 * math.log10(signal / error) if signal > 0.0 else -math.inf


# ------------------------------------------------------------------------------------ searching


def grid_step(index: int) -> Step:
    """Return a step of the grid of 12-bit mantissas, which grows with its index."""
    return OCTAVE + index % OCTAVE, index // OCTAVE


def grid_index(step: Step) -> int:
    """Return the place in the grid of a step, or that of the nearest below it."""
    fraction, exponent = math.frexp(step_value(*step))
    return (exponent - 12) * OCTAVE + int(fraction * 2 * OCTAVE) - OCTAVE


LOWEST, HIGHEST = MIN_EXPONENT * OCTAVE, (MAX_EXPONENT + 1) * OCTAVE - 1
"""Ends of the grid."""
REACH = 4 * OCTAVE
"""The largest stride of a search."""
PATIENCE = 40
"""Probes after which a search only halves."""


def search_step(
    measure: Callable[[Step], float], target: float, start: Step, slack: float = 0.0
) -> tuple[Step, float]:
    """Return the largest step whose SNR in dB reaches the target, and that SNR.

    `measure` gives the SNR at a step and should fall as steps grow. The search ends early at a step
    within [target, target + slack]. Where no step reaches the target: the smallest one.
    """
    span = (LOWEST, HIGHEST, grid_index(start))
    index, found = _last_reaching(
        lambda index: measure(grid_step(index)), target, slack, OCTAVE / DB_PER_OCTAVE, span
    )
    return grid_step(index), found


def search_bits(
    measure: Callable[[Step], float], target: float, start: Step, slack: float = 0.0
) -> tuple[Step, float]:
    """Return the smallest step that needs at most `target` bits a weight, and what it needs.

    `measure` gives the bits at a step and should fall as steps grow. The search ends early at a
    step within [target * (1 - slack), target]. Where no step is so cheap: the largest one.
    """
    span = (-HIGHEST, -LOWEST, -grid_index(start))
    index, found = _last_reaching(
        lambda index: -measure(grid_step(-index)), -target, slack * target, OCTAVE, span
    )
    return grid_step(-index), -found


@dataclass(slots=True)
class _Bracket:
    """Two places, one that reaches the target and one beyond it that misses."""

    low: int
    """Reaches the target, or lies just before the grid."""
    high: int
    """Misses it, or lies just behind the grid."""
    excess: float = math.nan
    """Measure less target at `low`; nan where nothing was measured yet."""
    lack: float = math.nan
    """The same at `high`, negative."""
    last: int = 0
    """1: the last probe moved `low`, -1: it moved `high`."""

    def narrow(self, probe: int, excess: float) -> None:
        """Move one end to a probe; when it moves again, give the other end half its weight."""
        side = 1 if excess >= 0 else -1
        if side == 1:
            self.low, self.excess = probe, excess
            self.lack /= 2 if self.last == side else 1
        else:
            self.high, self.lack = probe, excess
            self.excess /= 2 if self.last == side else 1
        self.last = side

    def inside(self, probe: float) -> int:
        """Return the nearest place between the ends."""
        return int(min(max(probe, self.low + 1), self.high - 1))

    def next_probe(self, slope: float, tries: int) -> int:
        """Return where to look next: beyond the only end measured, or between both."""
        if math.isnan(self.lack):
            return self.inside(self.low + _stride(self.excess, slope, tries))
        if math.isnan(self.excess):
            return self.inside(self.high - _stride(-self.lack, slope, tries))
        share = 0.5
        if tries <= PATIENCE and math.isfinite(self.excess - self.lack):
            share = self.excess / (self.excess - self.lack)
        return self.inside(self.low + (self.high - self.low) * share)


def _stride(distance: float, slope: float, tries: int) -> int:
    """Return how far to go beyond the only end: a quarter more than the slope says, and a little.

    Never far at once: SNR falls again where steps are so small that levels are clipped.
    """
    return int(min(distance * slope * 1.25 + (1 << min(tries, 20)), REACH))


def _last_reaching(
    measure: Callable[[int], float],
    target: float,
    slack: float,
    slope: float,
    span: tuple[int, int, int],
) -> tuple[int, float]:
    """Return the last index whose measure, falling by about 1 every `slope`, reaches the target.

    Strides along the slope until one probe reaches the target and one misses it, then narrows.
    """
    low, high, start = span
    aim = target + slack / 2
    bracket = _Bracket(low - 1, high + 1)
    probe, tries = bracket.inside(start), 0
    best = beyond = math.nan
    while bracket.high - bracket.low > 1:
        found = measure(probe)
        bracket.narrow(probe, found - aim)
        best, beyond = (found, beyond) if found >= aim else (best, found)
        if slack and target <= found <= target + slack:
            return probe, found
        tries += 1
        probe = bracket.next_probe(slope, tries)
    return (bracket.low, best) if bracket.low >= low else (low, beyond)
