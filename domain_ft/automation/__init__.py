"""When the loop runs by itself: what is asked for, once, and who is told when it fails. Knows no Dagster."""
