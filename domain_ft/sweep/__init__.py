"""A sweep: every combination of some settings, trained and judged on the validation split, side by side."""
