"""Amounts as sentences name them: things counted, bytes, and time."""

_LONG_S = 90


def counted(number: int, plural: str) -> str:
    """`45 groups`, `1 group`, `1,200 queries`, `1 query`."""
    singular = f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")
    return f"{number:,} {singular if number == 1 else plural}"


def gigabytes(size: int) -> str:
    """Bytes as a person reads them: `2.6 GB`, `45.0 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def human_count(number: int) -> str:
    """A number of parameters as people write it: `7.6B`, `22.7M`, `14.3K`."""
    for name, unit in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= unit:
            return f"{number / unit:.1f}{name}"
    return str(number)


def describe_seconds(seconds: float) -> str:
    """Seconds in words: `40 s`, `4 min`, `2 h 10 min`."""
    if seconds < _LONG_S:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def time_taken(seconds: float) -> str:
    """Seconds as finely as matters: `3.4 ms`, `0.25 s`, `12.0 s`, `2 h 5 min`."""
    if seconds >= _LONG_S:
        return describe_seconds(seconds)
    if seconds >= 10:
        return f"{seconds:.1f} s"
    if seconds >= 0.1 or seconds <= 0:
        return f"{seconds:.2f} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.2g} ms"
