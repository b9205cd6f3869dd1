"""A made-up product and its CI history: data for the demo, for tests and for trying the whole chain."""
