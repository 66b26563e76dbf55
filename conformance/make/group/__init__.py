"""Groups (chapter 6)."""
