"""Several base models, each tuned on the same data and judged on validation, and ranked with the same statistics."""
