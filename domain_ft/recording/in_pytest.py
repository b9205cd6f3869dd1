"""A plugin for the recorded project's pytest: Ctrl-C reaches it, it dies with us, and it notes what the tests call.

It is copied beside the project's snapshot and runs under the project's own interpreter, so it knows the standard
library and nothing else, and keeps to a syntax that older Pythons read.
"""

import json
import os
import signal
import sys
import threading

NOTE = os.environ.get("DOMAIN_FT_CALLED_FUNCTIONS")
"""The file in which to note what was called; not set where nobody asks."""
LIFELINE = os.environ.get("DOMAIN_FT_LIFELINE")
"""A pipe's reading end, which ends when the process that started us does."""
_called = set()  # type: ignore[var-annotated]

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us with Ctrl-C ignored


def _die_with_parent():  # type: ignore[no-untyped-def]
    os.read(int(LIFELINE), 1)  # type: ignore[arg-type]
    os.killpg(os.getpgid(0), signal.SIGKILL)


if LIFELINE:
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _note(frame, event, _):  # type: ignore[no-untyped-def]
    if event == "call":
        _called.add(frame.f_code)


if NOTE:
    threading.setprofile(_note)
    sys.setprofile(_note)


def pytest_cmdline_main(config):  # type: ignore[no-untyped-def]
    """Switch domain_ft's own plugin off, whoever names a domain: its order would be recorded, and its reports land."""
    config.option.domain_ft = ""


def pytest_unconfigure(config):  # type: ignore[no-untyped-def]
    """Write what was called: file, and first line of its code; 0 for a module."""
    if NOTE:
        sys.setprofile(None)
        found = {(code.co_filename, 0 if code.co_name == "<module>" else code.co_firstlineno) for code in _called}
        with open(NOTE, "w") as file:  # noqa: PTH123 - an older Python's plain way
            json.dump(sorted(found), file)
