"""The process that makes a starter base model: `python -m domain_ft.starter_lm.make SIZE HOME`.

It is started by `domain_ft.starter_lm.made`, and runs as well by hand.
"""

import sys
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.starter_lm.folder import starter_lm_folder
from domain_ft.starter_lm.recipe import STARTER, Size, recipe_of, starter_size
from domain_ft.store.home import Home
from domain_ft.training.allocator import keep_freed_memory
from domain_ft.training.device import prepare_environment
from domain_ft.training.exit_code import exit_code_of
from domain_ft.training.progress import PROGRESS_FILE, ProgressLog, TrainingEvent
from domain_ft.training.stop import listen_for_stop

USAGE = """usage: python -m domain_ft.starter_lm.make SIZE HOME

Makes the starter base model of a size (xs, s, m) on the CPU and publishes it under HOME/models. Progress goes to
progress.jsonl in its work folder.

exit codes: 0 published, or already was; 1 failed; 2 no such size;
            3 stopped with a checkpoint (SIGTERM, SIGINT): the same command goes on from there"""
OUT_OF_MEMORY = "memory ran out while the starter model was made; end other programs, or take starter-xs"


def main(arguments: list[str]) -> int:
    """Make the model that the arguments name; returns the exit code."""
    size = starter_size(f"{STARTER}-{arguments[0]}") if len(arguments) == 2 else None
    if size is None:
        asked = arguments in (["-h"], ["--help"])
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else InputError.exit_code
    return _make(size, Home(Path(arguments[1]).resolve()))


def _make(size: Size, home: Home) -> int:
    stop = listen_for_stop()
    prepare_environment("cpu")
    keep_freed_memory()
    report = ProgressLog(home.starter_lm_work(recipe_of(size).digest) / PROGRESS_FILE)

    def progress(step: str, done: int, total: int | None = None) -> None:
        report(TrainingEvent("base", done, total or 0, message=step))

    return exit_code_of(
        lambda: print(starter_lm_folder(size, home, progress=progress, stop=stop)), report, OUT_OF_MEMORY
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
