"""Workers: processes that do one codec's work when asked, so that codecs can take turns."""
