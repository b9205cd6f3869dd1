"""A question to a Python process of its own: a JSON object in, a JSON object out, and a sentence where none comes.

What domain_ft needs for an answer (polars, torch, a whole environment) never enters the process that runs a project's
tests, and may even be installed elsewhere.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.safe_text import brief, one_line

_ROOT = Path(__file__).resolve().parents[2]
_BEGIN = "import runpy, sys; sys.path.append({root!r}); runpy.run_module({module!r}, run_name='__main__')"
_ERROR = "error"
_NOT_OURS = ("PYTHONWARNINGS", "COV_CORE_", "COVERAGE_PROCESS_")
"""Variables that are about the project's code: they would make warnings of libraries errors, and measure them."""
PYTHON_VARIABLE = "DOMAIN_FT_PYTHON"


def ask(
    module: str,
    request: Mapping[str, Any],
    *,
    timeout_s: float,
    folder: Path,
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """The answer of a module that serves, in `folder`; DomainFtError, in one sentence, where there is none in time.

    `DOMAIN_FT_PYTHON` in the environment names the interpreter that has domain_ft (no option of pytest, which takes
    the path after an option for a folder of tests); by default it is this one, and domain_ft is found where we are.
    """
    python = environment.get(PYTHON_VARIABLE)
    begin = ["-m", module] if python else ["-c", _BEGIN.format(root=str(_ROOT), module=module)]
    command = [python or sys.executable, "-P", *begin]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=timeout_s,
            cwd=folder,
            env={name: value for name, value in environment.items() if not name.startswith(_NOT_OURS)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DomainFtError(f"no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise DomainFtError(f"{command[0]}: cannot be started ({error.strerror})") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise DomainFtError(
            f"{module.rpartition('.')[2]} ended with exit code {done.returncode} ({brief(one_line(said), 300)})"
        ) from None
    if _ERROR in answer:
        raise DomainFtError(one_line(answer[_ERROR]))
    return dict(answer)


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer the one question on standard input; whatever else is printed goes to standard error."""
    request = json.loads(sys.stdin.buffer.read())
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        try:
            said = answer(request)
        except DomainFtError as error:
            said = {_ERROR: str(error)}
        except Exception as error:
            said = {_ERROR: f"{type(error).__name__}: {error}"}
        json.dump(said, out)
