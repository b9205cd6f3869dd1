"""The process that trains an adapter: `python -m domain_ft.adapter.train JOB.json`.

It is started by `domain_ft.adapter.train_adapter`, and runs as well by hand.
"""

import sys
from pathlib import Path

from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.outcome import out_of_memory_sentence
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.training.process import TrainingProcess
from domain_ft.training.progress import OnEvent
from domain_ft.training.stop import StopRequest

USAGE = """usage: python -m domain_ft.adapter.train JOB.json

Trains the adapter that a job file describes (a training writes one to .state/work/DOMAIN/VERSION/job.json) and
publishes it under models/DOMAIN/VERSION. Progress goes to progress.jsonl beside the job file."""


def _fit(job: AdapterJob, report: OnEvent, stop: StopRequest) -> Path:
    from domain_ft.adapter.fit import fit

    return fit(job, report, stop)


PROCESS = TrainingProcess(USAGE, AdapterJob, AdapterTrainingSettings, _fit, out_of_memory_sentence)

if __name__ == "__main__":
    sys.exit(PROCESS.main(sys.argv[1:]))
