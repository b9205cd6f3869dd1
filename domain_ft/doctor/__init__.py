"""Is all well: the machine, the domains, and the loop that is left alone."""
