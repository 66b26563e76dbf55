"""Prediction: what a tensor is the difference from (chapter 13)."""
