"""The packages of the search: the extra `optimize`, which not everyone installs."""

from importlib.util import find_spec

from domain_ft.errors import DomainFtError

PACKAGES = ("dspy", "optuna")


def require_packages() -> None:
    """Refuse a search whose packages are not installed, with how to install them."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise DomainFtError(
            f"optimizing a prompt needs {', '.join(missing)}; install them: "
            'pip install -e ".[optimize]" -c constraints.txt'
        )
