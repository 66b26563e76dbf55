"""Metadata (chapter 3)."""
