"""`domain-ft` as a process: Ctrl-C is a sentence even while the command line itself is being loaded."""

import sys

from domain_ft.errors import INTERRUPTED


def main() -> None:
    """Load the command line, and run it."""
    try:
        from domain_ft.cli import main as run
    except KeyboardInterrupt:
        print("domain-ft: interrupted before anything was done", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    run()


if __name__ == "__main__":
    main()
