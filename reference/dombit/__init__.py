"""dombit: models and their differences as an open bitstream."""

from __future__ import annotations

from dombit.api import (
    decode,
    encode,
    inspect,
    load_file,
    open,  # noqa: A004 - safetensors' habit: dombit.open(path)
    save_file,
    to_bytes,
    verify,
)
from dombit.applying import apply
from dombit.errors import (
    BadSource,
    DombitError,
    IoFailure,
    MissingExtra,
    NotTheStream,
    RootMissing,
    UsageError,
)
from dombit.limits import Limits
from dombit.live import LiveModel
from dombit.reports import DecodeReport, EncodeReport

__all__ = [
    "BadSource",
    "DecodeReport",
    "DombitError",
    "EncodeReport",
    "IoFailure",
    "Limits",
    "LiveModel",
    "MissingExtra",
    "NotTheStream",
    "RootMissing",
    "UsageError",
    "__version__",
    "apply",
    "decode",
    "encode",
    "inspect",
    "load_file",
    "open",
    "save_file",
    "to_bytes",
    "verify",
]

__version__ = "0.1.0"
