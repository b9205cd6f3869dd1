"""A process that behaves as a training does, and takes no time: what it does is named in its job's settings."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from domain_ft.store.publish import is_published, publish_folder
from domain_ft.training.job import TrainingJob, read_job
from domain_ft.training.lease import training_lease, version_lock
from domain_ft.training.progress import PROGRESS_FILE, ProgressLog, TrainingEvent
from domain_ft.training.stop import EXIT_STOPPED, StopRequest, TrainingStoppedError, listen_for_stop


def main(path: str) -> int:
    job = read_job(Path(path), TrainingJob)
    grace_s = float(job.settings.get("grace_s", 30))
    return BEHAVIOURS[job.settings["behaviour"]](job, ProgressLog(job.work / PROGRESS_FILE), listen_for_stop(grace_s))


def succeed(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    for step in range(3):
        report(TrainingEvent("log", step + 1, 3, {"loss": 1.0 / (step + 1)}))
    return 0


def wait_for_stop(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    report(TrainingEvent("log", 1, 3))
    while not stop.asked:
        time.sleep(0.02)
    (job.work / "checkpoint").write_text(stop.reason)
    report(TrainingEvent("stopped", message=f"stopped ({stop.reason})"))
    return EXIT_STOPPED


def stop_slowly(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    report(TrainingEvent("log", 1, 3))
    while not stop.asked:
        time.sleep(0.02)
    report(TrainingEvent("log", 2, 3))
    time.sleep(float(job.settings["slowly_s"]))
    report(TrainingEvent("stopped", message="stopped"))
    return EXIT_STOPPED


def never_stop(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (job.work / "grandchild").write_text(str(child.pid))
    report(TrainingEvent("log", 1, 3))
    time.sleep(600)
    return 0


def fail(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    report(TrainingEvent("failed", values={"exit_code": 1}, message="the model did not learn"))
    return 1


def refuse(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    report(TrainingEvent("failed", values={"exit_code": 2}, message="freeze_layers: 9 is more than 6"))
    return 2


def run_out_of_memory(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    report(TrainingEvent("failed", values={"exit_code": 1, "reason": "out_of_memory"}, message="memory ran out"))
    return 1


def be_killed(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def say_nothing(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    print("Traceback: a bug")
    return 1


def take_its_turn(job: TrainingJob, report: ProgressLog, stop: StopRequest) -> int:
    """Train with version and device to itself, note in a file when, and end once the file `go on` is there."""
    notes, died = job.home / "notes", job.work / "died"

    def note(what: str) -> None:
        with notes.open("a") as file:
            file.write(f"{what} {job.version}\n")

    try:
        with version_lock(job, report, stop):
            if is_published(job.target):
                report(TrainingEvent("reused", message="published already"))
                return 0
            with training_lease(job, "cpu", report, stop):
                note("begins")
                report(TrainingEvent("log", 1, 1))
                while not (job.home / "go on").exists():
                    time.sleep(0.02)
                if job.settings.get("dies") and not died.exists():
                    died.touch()
                    note("dies")
                    os.kill(os.getpid(), signal.SIGKILL)
                publish_folder(job.target, lambda _: {"version": job.version})
                note("ends")
        return 0
    except TrainingStoppedError as stopped:
        report(TrainingEvent("stopped", message=str(stopped)))
        return EXIT_STOPPED


BEHAVIOURS = {
    function.__name__: function
    for function in (
        succeed, wait_for_stop, stop_slowly, never_stop, fail, refuse, run_out_of_memory, be_killed, say_nothing,
        take_its_turn,
    )
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
