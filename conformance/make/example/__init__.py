"""Worked examples, decoded byte by byte in the text."""
