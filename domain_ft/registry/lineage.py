"""Who was champion before whom: a stack that makes rollback possible again and again, back in time.

MLflow's aliases know one moment only, so the succession is kept beside them in one tag. The alias is the truth: where
a kill or a person's hand has left the two apart, the stack is cut or grown to fit.
"""

from collections.abc import Sequence

MOST = 100
"""Champions remembered; older ones are forgotten."""


def settled(stack: Sequence[str], champion: str | None) -> tuple[str, ...]:
    """The stack as it must be, given the alias: cut after the champion's last place, or grown by it.

    The last entry is the champion, the one before it is the previous one.
    """
    if champion is None:
        return ()
    if champion in stack:
        last = len(stack) - 1 - list(reversed(stack)).index(champion)
        return tuple(stack[: last + 1])
    return (*stack, champion)


def succeeded(stack: Sequence[str], champion: str) -> tuple[str, ...]:
    """The stack after a promotion."""
    return (*stack, champion)[-MOST:]


def previous(stack: Sequence[str]) -> str | None:
    """The champion before the present one."""
    return stack[-2] if len(stack) > 1 else None


def encoded(stack: Sequence[str]) -> str:
    """The stack as the value of a tag."""
    return ",".join(stack)


def decoded(value: str | None) -> tuple[str, ...]:
    """The stack in the value of a tag."""
    return tuple(entry for entry in (value or "").split(",") if entry)
