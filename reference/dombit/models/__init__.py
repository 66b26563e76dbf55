"""Models: carriers, from which tensors are cut and into which they are filled (chapter 8)."""
