"""All units that may be deflated are, as stored blocks."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.model import Model
from conformance.make.skeleton.safetensors import model as safetensors
from conformance.make.vector import Vector, valid

NAMES = ("metadata", "structure", "skeleton", "literals", "group", "model_end", "index")


def model() -> Model:
    """Return a model with a skeleton and metadata, deflated wherever that is allowed."""
    deflate = dict.fromkeys(NAMES, "stored")
    return replace(safetensors(), index=True, deflate=deflate, metadata=[("k", "v")])


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "deflate", "skeleton", "metadata", "index")
