"""Inspector: what a stream holds, field by field, told by trace events alone."""
