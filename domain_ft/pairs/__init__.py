"""Query-passage pairs: their table, their audit, their splits, their triplets."""
