"""A scalar decoder of dombit 0.1, written from the text alone, to be read beside it.

One file a chapter, standard library only, one element at a time. It is slow and says so.
"""

from conformance.decoder.limits import Limits
from conformance.decoder.reject import Reject
from conformance.decoder.roots import RootMissing
from conformance.decoder.stream import Decoded, DecodedTensor, SegmentTrace, decode

__all__ = ["Decoded", "DecodedTensor", "Limits", "Reject", "RootMissing", "SegmentTrace", "decode"]
