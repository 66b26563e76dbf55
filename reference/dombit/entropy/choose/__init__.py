"""Choices of the encoder: tables, clusters of contexts, lanes, segments (informative)."""

from dombit.entropy.choose.clusters import cluster
from dombit.entropy.choose.frequencies import (
    bits_of,
    entropies_of,
    entropy_bits,
    frequencies_of,
    table_cost_bits,
)
from dombit.entropy.choose.plans import lanes_for, segments_for

__all__ = [
    "bits_of",
    "cluster",
    "entropies_of",
    "entropy_bits",
    "frequencies_of",
    "lanes_for",
    "segments_for",
    "table_cost_bits",
]
