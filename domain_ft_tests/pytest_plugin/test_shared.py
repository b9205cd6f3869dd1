"""Workers agree on one answer."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from domain_ft.pytest_plugin.shared import settle_once

_SCRIPT = """
import json, os, sys, time
from pathlib import Path
from domain_ft.pytest_plugin.shared import settle_once
folder = Path(sys.argv[1])
def make():
    time.sleep(0.2)
    return {"by": os.getpid()}
print(json.dumps(settle_once(folder, make, lambda: {"by": None}, wait_s=30)))
"""


def test_processes_that_share_a_folder_get_the_answer_of_one_of_them(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", _SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["by"] in {process.pid for process in started}


def test_who_gives_up_gives_up_for_all_even_for_the_one_who_is_late(tmp_path: Path) -> None:
    waiting = threading.Event()

    def make_late() -> dict[str, object]:
        waiting.wait(30)
        return {"order": "late"}

    late: list[dict[str, object]] = []
    thread = threading.Thread(target=lambda: late.append(settle_once(tmp_path, make_late, dict, wait_s=30)))
    thread.start()
    while not (tmp_path / "claimed").exists():
        time.sleep(0.01)
    gave_up = settle_once(tmp_path, dict, lambda: {"order": "none"}, wait_s=0.1)
    waiting.set()
    thread.join(30)
    assert late == [gave_up] == [{"order": "none"}]
