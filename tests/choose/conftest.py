"""Predicted tensors for these tests are made by a module beside this file: put it on the path."""

import sys
from pathlib import Path

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))
