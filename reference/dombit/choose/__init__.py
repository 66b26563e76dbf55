"""Choose: what the encoder is free to decide about a whole model (informative)."""
