"""A safetensors file: literal header, holes over two tensors."""

from __future__ import annotations

from dataclasses import replace

from conformance.make.example.worked import model as worked
from conformance.make.model import Model
from conformance.make.pieces import Piece, Skeleton
from conformance.make.vector import Vector, valid

HEADER = b'{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32",'
REST = b'"shape":[3],"data_offsets":[24,36]}}'


def model() -> Model:
    """Return the worked example as the file that it came from."""
    tensors = worked().tensors
    header = HEADER + REST
    pieces = [
        Piece(data=len(header).to_bytes(8, "little") + header),
        Piece(data=tensors[0].canonical(), hole=(0, 0, 0)),
        Piece(data=tensors[1].canonical(), hole=(1, 0, 0)),
    ]
    skeleton = Skeleton(carrier=2, files=[("model.safetensors", pieces)])
    return replace(worked(), skeleton=skeleton)


def build() -> Vector:
    """Build the vector."""
    return valid(model(), "skeleton")
