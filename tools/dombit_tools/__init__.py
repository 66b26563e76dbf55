"""Tools around dombit: what looks at streams and measures, in the same wheel."""
