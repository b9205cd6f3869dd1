"""The normalized tables of a test execution history, what relevance means on them, and a sample to try with."""
