"""Finding passages: a table of texts and vectors on disk, searched by words and by meaning together."""
