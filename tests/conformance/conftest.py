"""The suite lies beside the package, the adapter beside this file: put both on the path."""

import sys
from pathlib import Path

for place in (Path(__file__).parents[2], Path(__file__).parent):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
