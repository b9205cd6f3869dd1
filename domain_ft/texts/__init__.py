"""What can be said of a text by itself or beside others, whatever it is part of: flaws, length, near duplicates."""
