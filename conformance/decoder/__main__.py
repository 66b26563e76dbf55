"""`python -m conformance.decoder in.dombit -o DIR`: a raw file and a JSON line a tensor.

Exit status: 0 decoded, 1 refused, 3 unsupported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from conformance.decoder import Reject, decode


def main() -> int:
    """Decode one file."""
    parser = argparse.ArgumentParser(prog="python -m conformance.decoder", description=__doc__)
    parser.add_argument("stream", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="folder for one raw file a tensor")
    options = parser.parse_args()
    try:
        decoded = decode(options.stream.read_bytes())
    except Reject as verdict:
        print(json.dumps({"kind": verdict.kind, "stage": verdict.stage, "why": verdict.message}))
        return 3 if verdict.kind == "unsupported" else 1
    for number, tensor in enumerate(decoded.tensors):
        line = {"name": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape)}
        line["sha256"] = hashlib.sha256(tensor.data).hexdigest()
        if options.output is not None:
            options.output.mkdir(parents=True, exist_ok=True)
            line["file"] = f"{number:04}.raw"
            (options.output / line["file"]).write_bytes(tensor.data)
        print(json.dumps(line))
    print(json.dumps({"model_digest": decoded.model_digest.hex()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
