"""Numbers as Dagster shows and plots them."""


def rounded(value: float) -> float:
    """Four decimals, and of a small value (a learning rate, say) four digits; counts stay whole."""
    if isinstance(value, int):
        return value
    return round(value, 4) if abs(value) >= 0.001 else float(f"{value:.4g}")
