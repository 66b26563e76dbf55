"""Misses: what to say where a stream is not of the rate that was asked for (informative)."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dombit.choose.budget import is_met
from dombit.choose.steps import SLACK_DB
from dombit.recipe import HEAD, LOSSLESS, QUANTISED, SKELETON_PART, Recipe

WORDS = {
    SKELETON_PART: "what the model's files hold beside weights",
    HEAD: "names, shapes and index",
    LOSSLESS: "tensors that are kept exactly",
    QUANTISED: "quantised weights",
}
"""What a reader is told of each part of a stream that is larger than was asked for."""


def snr_notes(recipe: Recipe, snr_db: float | None) -> tuple[str, ...]:
    """Say that a target in dB was missed, and why; nothing where it was met."""
    target = recipe.value
    if recipe.mode != "snr" or snr_db is None or target <= snr_db <= target + SLACK_DB:
        return ()
    asked = f"{target:g} dB was asked for, {snr_db:.2f} dB came out"
    if snr_db < target:
        return (f"{asked}: no step that the format can hold is fine enough",)
    if math.isinf(snr_db):
        asked = f"{target:g} dB was asked for, all weights came out exactly"
    return (f"{asked}: for weights of so coarse a grid or so wide a range no step comes closer",)


def bits_notes(recipe: Recipe, bits: float, parts: Mapping[str, int]) -> tuple[str, ...]:
    """Say that a budget in bits was missed, and why; nothing where it was met.

    `bits`: a weight, of the whole stream. `parts`: bytes of each part of it.
    """
    if recipe.mode != "bits" or not bits or is_met(bits, recipe.value):
        return ()
    asked = f"{recipe.value:g} bits a weight were asked for, {bits:.3f} came out"
    if bits < recipe.value:
        finer = "finer steps would make levels that are too large for the format"
        return (f"{asked}: {finer if QUANTISED in parts else 'nothing is quantised'}",)
    sizes = (f"{parts[part]:,} are {words}" for part, words in WORDS.items() if part in parts)
    return (f"{asked}: of {sum(parts.values()):,} bytes, {', '.join(sizes)}",)
