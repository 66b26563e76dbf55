"""Frequency tables (chapter 11)."""
