"""The steps on files of requirement records: each reads one, writes others whole or not at all, and counts."""
