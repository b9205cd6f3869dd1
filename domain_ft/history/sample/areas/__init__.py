"""The words of the made-up product, one module per area."""
