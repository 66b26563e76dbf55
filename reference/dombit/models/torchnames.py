"""Names that PyTorch's files use: dtypes, storage types, and what else is plain data."""

from __future__ import annotations

from dataclasses import dataclass

DTYPE_NAMES: dict[str, str] = {
    "bool": "bool",
    "uint8": "u8",
    "int8": "i8",
    "uint16": "u16",
    "int16": "i16",
    "uint32": "u32",
    "int32": "i32",
    "uint64": "u64",
    "int64": "i64",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "float8_e4m3fn": "f8_e4m3fn",
    "float8_e5m2": "f8_e5m2",
    "float8_e4m3fnuz": "f8_e4m3fnuz",
    "float8_e5m2fnuz": "f8_e5m2fnuz",
    "float8_e8m0fnu": "f8_e8m0fnu",
    "complex64": "c64",
    "complex128": "c128",
    "complex32": "c32",
    "quint8": "opaque8",
    "qint8": "opaque8",
    "qint32": "i32",
    "bits8": "opaque8",
    "float4_e2m1fn_x2": "opaque8",
}
"""torch's dtypes (without "torch.") and ours. Quantised values without their scales mean
little, so they are bytes that no lossy coding may touch."""

STORAGES: dict[str, str] = {
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "QUInt8Storage": "quint8",
    "QInt8Storage": "qint8",
    "QInt32Storage": "qint32",
}
UNTYPED = "UntypedStorage"

# fmt: off
PLAIN = frozenset((
    "_codecs.encode", "builtins.bytearray", "builtins.complex", "builtins.set",
    "__builtin__.bytearray", "__builtin__.complex", "__builtin__.set",
    "collections.Counter", "collections.OrderedDict",
    "torch.Size", "torch.device", "torch.Tensor", "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2",
    "torch.storage.TypedStorage", "torch.storage.UntypedStorage",
    "torch.per_channel_affine", "torch.per_channel_affine_float_qparams",
    "torch.per_channel_symmetric", "torch.per_tensor_affine", "torch.per_tensor_symmetric",
))
"""Classes, functions and constants that `torch.load(weights_only=True)` allows."""
REBUILDS = frozenset((
    "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_device_tensor_from_numpy",
    "_rebuild_meta_tensor_no_storage", "_rebuild_nested_tensor", "_rebuild_parameter",
    "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor",
    "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_wrapper_subclass",
))
"""Functions of `REBUILDERS` that it allows."""
OTHER_DTYPES = frozenset((
    "bits16", "bits1x8", "bits2x4", "bits4x2", "quint2x4", "quint4x2",
    "int1", "int2", "int3", "int4", "int5", "int6", "int7",
    "uint1", "uint2", "uint3", "uint4", "uint5", "uint6", "uint7",
))
"""torch's dtypes that have no dtype here."""
# fmt: on
REBUILDERS = "torch._utils"
MODULES = ("torch", "torch.cuda", "torch.storage", "torch.sparse", "torch.cuda.sparse")
"""Modules of the storage types and of the tensor types before 0.4."""
PACKED_STORAGES = frozenset(("QUInt4x2Storage", "QUInt2x4Storage"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A function or class that a pickle names."""

    module: str
    name: str


ORDERED_DICT = Symbol(module="collections", name="OrderedDict")


def harmless(symbol: Symbol) -> bool:
    """Return whether a name stands for plain data, as `torch.load(weights_only=True)` has it."""
    module, name = symbol.module, symbol.name
    if f"{module}.{name}" in PLAIN or (module == REBUILDERS and name in REBUILDS):
        return True
    if module == "torch" and (name in DTYPE_NAMES or name in OTHER_DTYPES):
        return True
    kind = name.removesuffix("Tensor") + "Storage" if name.endswith("Tensor") else name
    return module in MODULES and (kind in STORAGES or kind in PACKED_STORAGES)
