"""A first execution history for a project that has none: small changes, one at a time, and what its tests say."""
