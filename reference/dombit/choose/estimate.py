"""Estimate: what levels would cost and lose under a step, from a sample (informative)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dombit.choose.survey import Weights
from dombit.entropy import tokens as token_chapter
from dombit.entropy.choose import entropy_bits
from dombit.quantization.choose import snr_db
from dombit.records import Hybrid

SAMPLE = 1 << 15
"""Elements of a tensor that are looked at."""
HYBRID = Hybrid(split=4, msb=2, lsb=0)
"""Each of its tokens holds levels that follow each other; a lowest bit would be raw anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some magnitudes of a tensor, ascending: any histogram of levels is a few look-ups."""

    magnitudes: NDArray[np.float64]
    """[at most SAMPLE]"""
    count: int
    """Elements of the whole tensor."""


def sample(weights: Weights) -> Sample:
    """Return a sample of a tensor: every n-th element."""
    every = slice(None, None, -(-weights.count // SAMPLE))
    magnitudes = np.abs(weights.quantised(every))
    return Sample(magnitudes=np.sort(magnitudes), count=weights.count)


def bits(some: Sample, step: float, offset: float) -> float:
    """Return the bits that a tensor's levels take: their tokens, extra bits and signs.

    Tables of its own, no contexts: what contexts gain changes slowly from step to step.
    """
    meaning = token_chapter.meaning_of(HYBRID)
    bounds = (meaning.base[: meaning.end].astype(np.float64) - offset) * step
    bounds[0] = 0.0
    places = np.searchsorted(some.magnitudes, bounds, side="left")
    counts = np.diff(places, append=some.magnitudes.size)
    found = entropy_bits(counts) + int(counts[1:].sum())
    found += float((counts * meaning.width[: meaning.end].astype(np.int64)).sum())
    return found * some.count / some.magnitudes.size


def snr(some: Sample, step: float, offset: float) -> float:
    """Return about the SNR of a tensor in dB, what its dtype rounds left out."""
    levels = np.floor(some.magnitudes / step + offset)
    errors = np.square(some.magnitudes - levels * step)
    return snr_db(float(np.square(some.magnitudes).sum()), float(errors.sum()))
