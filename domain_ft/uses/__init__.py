"""What a published model is for: the order of a build's tests, and a domain's passages indexed, searched, compared,
clustered, and guarded against strangers. Each use has a function that a command and an asset call."""
