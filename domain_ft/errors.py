"""The two ways in which work ends badly, each with one sentence for a person.

Every message names the file, the line and the value where there is one, and says what to do; the CLI prints it
and exits, Dagster shows it as the failure's description. Anything else that escapes is a bug of ours.
"""

INTERRUPTED = 130
"""The exit code of Ctrl-C, as a shell gives it, and as which Typer hands it on."""


class DomainFtError(Exception):
    """The work failed, or a gate said no (CLI exit code 1)."""

    exit_code = 1


class NothingToJudgeError(DomainFtError):
    """There is too little data yet for a comparison to say anything."""


class InputError(DomainFtError):
    """What was handed in cannot be used: a file, a row, a setting, a name (CLI exit code 2)."""

    exit_code = 2
