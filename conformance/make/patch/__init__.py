"""Skeleton patches: other literals in the files of the root (8.10)."""
