"""The job file: everything a training process needs to know, as one JSON file in its work folder.

It names folders, not live objects, so that the same process can be started by the parent, by hand, under torchrun,
or on another machine that sees the same folders.
"""

import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from domain_ft.errors import InputError
from domain_ft.settings import Settings
from domain_ft.store.home import Home
from domain_ft.store.publish import write_json

JOB_FILE = "job.json"
LOCK_FILE = "lock"
ResolvedPrecision = Literal["fp32", "bf16", "fp16"]


class BaseModelReference(Settings):
    """A model as it was found: no training process looks for it again, or asks a network for it."""

    name: str = Field(description="What the settings called it.")
    path: Path = Field(description="The folder that holds it.")
    sha256: str = Field(description="Digest of its weights, tokenizer and configuration.")


class TrainingJob(Settings):
    """One training: what is trained, on what, from what, and where it goes; each kind of model adds what it needs."""

    module: str = Field(description="The module that a process runs, such as `domain_ft.embedding.train`.")
    domain: str = Field(description="Name of the domain.")
    version: str = Field(pattern=r"^[0-9a-f]{12}$", description="Name of the model: a digest of what is trained.")
    home: Path = Field(description="The state root.")
    dataset: Path = Field(description="Folder of the published dataset.")
    dataset_digest: str = Field(description="Digest of the dataset.")
    raw: Path = Field(description="Folder of the normalized tables that the dataset was made from.")
    base: BaseModelReference = Field(description="The base model.")
    precision: ResolvedPrecision = Field(description="The precision trained at; `auto` is resolved before.")
    settings: dict[str, Any] = Field(description="The training section of the domain.")
    make_current: bool = Field(True, description="Whether the domain's `current` points to the model afterwards.")

    @property
    def work(self) -> Path:
        """The folder of checkpoints, progress and log, kept by version so that a killed training goes on."""
        return Home(self.home).work(self.domain, self.version)

    @property
    def lock(self) -> Path:
        """Held by the process that trains this version, so that a second one waits."""
        return self.work / LOCK_FILE

    @property
    def target(self) -> Path:
        """Where the model is published."""
        return Home(self.home).models(self.domain) / self.version


_Job = TypeVar("_Job", bound=TrainingJob)


def write_job(job: TrainingJob) -> Path:
    """Put the job file into the job's work folder; returns its path."""
    job.work.mkdir(parents=True, exist_ok=True)
    path = job.work / JOB_FILE
    write_json(path, job.model_dump(mode="json"))
    return path


def read_job(path: Path, kind: type[_Job]) -> _Job:
    """Read the file of a job of that kind; InputError names the file, the key and what is wrong with it."""
    try:
        return kind.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise InputError(f"{path}: not a job file that can be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {key}: {first['msg']}; start the training again to have it written anew") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); start the training again to have it written anew") from None
