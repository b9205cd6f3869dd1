"""The process that trains an embedding model: `python -m domain_ft.embedding.train JOB.json`.

It is started by `domain_ft.embedding.train_model`, and runs as well by hand or under torchrun.
"""

import sys
from pathlib import Path

from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.outcome import out_of_memory_sentence
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.training.process import TrainingProcess
from domain_ft.training.progress import OnEvent
from domain_ft.training.stop import StopRequest

USAGE = """usage: python -m domain_ft.embedding.train JOB.json

Trains the embedding model that a job file describes (`domain-ft train` writes one to
.state/work/DOMAIN/VERSION/job.json) and publishes it under models/DOMAIN/VERSION. Progress goes to progress.jsonl
beside the job file. On several GPUs: torchrun --nproc-per-node N -m domain_ft.embedding.train JOB.json"""


def _fit(job: EmbeddingJob, report: OnEvent, stop: StopRequest) -> Path | None:
    from domain_ft.embedding.fit import fit

    return fit(job, report, stop)


PROCESS = TrainingProcess(USAGE, EmbeddingJob, TrainingSettings, _fit, out_of_memory_sentence)

if __name__ == "__main__":
    sys.exit(PROCESS.main(sys.argv[1:]))
