"""Train, validation and test: by time for histories; with a report that counts what leaks, and should be zero."""
