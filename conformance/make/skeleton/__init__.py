"""Skeletons (chapter 8)."""
