"""Structure, names, shapes, aliases (chapters 4 and 5)."""
