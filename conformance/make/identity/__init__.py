"""Digests (chapter 10)."""
