"""Differences of models: roots, copied tensors, predicted groups, sparse segments (chapter 13)."""
