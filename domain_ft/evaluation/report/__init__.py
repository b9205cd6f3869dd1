"""A benchmark as people read it: one HTML page and one Markdown text, both made from `benchmark.json` alone."""
