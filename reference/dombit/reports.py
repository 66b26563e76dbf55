"""Reports: what came of a call, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeReport:
    """What came of an encoding."""

    bytes: int
    """Size of the stream."""
    weights: int
    """Float elements of the model."""
    bits_per_weight: float
    """8 * bytes / weights; 0 for a model without float elements."""
    step: float | None
    """Step of the quantised tensors that have none of their own; None: there are none."""
    snr_db: float | None
    """Signal-to-noise ratio over the quantised tensors; None where everything is lossless."""
    seconds: float
    model_digest: str
    """Digest, in hex, of the model as it will be decoded."""
    source_digest: str
    """Digest of the model as it was given."""
    notes: tuple[str, ...]
    """What the user should know: tensors that stayed lossless, files carried
    whole, a slower engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeReport:
    """What came of a decoding or verification."""

    seconds: float
    model_digest: str
    ok: bool
    tensors: int
    notes: tuple[str, ...] = ()
    """What the user should know: what the output has no place for, a slower engine."""
