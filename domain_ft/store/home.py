"""Where things lie. One state root holds data, models and state; setting `DOMAIN_FT_HOME` gives a separate world."""

import os
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.safe_text import brief

HOME_VARIABLE = "DOMAIN_FT_HOME"
READ_ROOTS_VARIABLE = "DOMAIN_FT_READ_ROOTS"
CHECKOUT = Path(__file__).resolve().parents[2]
_STARTER_LM = "starter_lm"


@dataclass(frozen=True)
class Home:
    """The state root and the folders under it; every write of the project goes below `root`."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The root named by `DOMAIN_FT_HOME`, else the checkout."""
        root = Path(os.environ.get(HOME_VARIABLE) or CHECKOUT).expanduser().resolve()
        if root.exists() and not root.is_dir():
            raise InputError(f"{HOME_VARIABLE}={root}: is not a folder; name one that may be written")
        return cls(root)

    @property
    def state(self) -> Path:
        """Dagster's home, the MLflow store, work folders, caches and locks."""
        return self.root / ".state"

    @property
    def cache(self) -> Path:
        """What can be computed again: embeddings, the starter model, probes."""
        return self.state / "cache"

    def frozen_prefixes(self, domain: str) -> Path:
        """What frozen layers make of a domain's training texts: a folder per digest."""
        return self.cache / "frozen_prefixes" / domain

    def hard_negatives(self, domain: str) -> Path:
        """What was mined with models for a domain's triplets: a folder per digest."""
        return self.cache / "hard_negatives" / domain

    def data(self, domain: str) -> Path:
        """What landed for a domain and what is derived from it."""
        return self.root / "data" / domain

    def landing(self, domain: str) -> Path:
        """Where people drop files."""
        return self.data(domain) / "landing"

    def documents(self, domain: str) -> Path:
        """Where people put papers and manuals to make pairs of."""
        return self.data(domain) / "documents"

    def generated(self, domain: str) -> Path:
        """What was answered about documents: a folder per document, a file per asking; it is never removed."""
        return self.data(domain) / "generated"

    def quarantine(self, domain: str) -> Path:
        """Rejected rows, a folder per source file."""
        return self.data(domain) / "quarantine"

    def raw(self, domain: str) -> Path:
        """Normalized tables: a folder per digest, and `current`."""
        return self.data(domain) / "raw"

    def triplets(self, domain: str) -> Path:
        """Mined datasets: a folder per digest, and `current`."""
        return self.data(domain) / "triplets"

    def audits(self, domain: str) -> Path:
        """Audits of requirement records: a folder per digest, and `current`."""
        return self.data(domain) / "audits"

    def fixed(self, domain: str) -> Path:
        """Fixed requirement records, divided: a folder per digest, and `current`."""
        return self.data(domain) / "fixed"

    def benchmarks(self, domain: str) -> Path:
        """Benchmark reports: a folder per digest, and `current`."""
        return self.data(domain) / "benchmarks"

    def prioritizations(self, domain: str) -> Path:
        """Prioritization experiments: a folder per digest, and `current`."""
        return self.data(domain) / "prioritizations"

    def indexes(self, domain: str) -> Path:
        """Indexes of a domain's passages: a folder per digest, and `current`."""
        return self.data(domain) / "index"

    def out_of_distribution(self, domain: str) -> Path:
        """Detectors of strangers: a folder per digest, and `current`."""
        return self.data(domain) / "out_of_distribution"

    def base_comparisons(self, domain: str) -> Path:
        """Comparisons of base models: a folder per digest, and `current`."""
        return self.data(domain) / "base_comparisons"

    def model_surveys(self, domain: str) -> Path:
        """What single models have answered in surveys: a folder per digest, and a pointer per questions and model."""
        return self.data(domain) / "model_surveys"

    def surveys(self, domain: str) -> Path:
        """Leaderboards of surveyed models: a folder per digest, and `current`."""
        return self.data(domain) / "surveys"

    def models(self, domain: str) -> Path:
        """Published models: a folder per version, `current` (the newest) and `champion`."""
        return self.root / "models" / domain

    def exports(self, domain: str) -> Path:
        """Models exported to other formats: a folder per version and format."""
        return self.models(domain) / "exports"

    @property
    def starter_lms(self) -> Path:
        """Starter base models, a folder per recipe: made where they are asked for, no domain's own."""
        return self.models(_STARTER_LM)

    def starter_lm(self, digest: str) -> Path:
        """The starter base model of a recipe."""
        return self.starter_lms / digest

    @property
    def starter_lm_works(self) -> Path:
        """What is left of making starter base models, a folder per recipe, until they are published."""
        return self.trainings(_STARTER_LM)

    def starter_lm_work(self, digest: str) -> Path:
        """What is left of making the starter base model of a recipe."""
        return self.starter_lm_works / digest

    def starter_lm_lock(self, digest: str) -> Path:
        """Held by the process that makes the starter base model of a recipe."""
        return self.lock(f"starter-lm-{digest}")

    def stages(self, domain: str) -> tuple[Path, ...]:
        """The folders of all stages; what a domain's chain has made stands in them, and `current` in each."""
        return (
            self.raw(domain),
            self.triplets(domain),
            self.audits(domain),
            self.fixed(domain),
            self.models(domain),
            self.benchmarks(domain),
            self.surveys(domain),
        )

    @property
    def runs(self) -> Path:
        """What each Dagster run has published, a folder per run."""
        return self.state / "runs"

    def trainings(self, domain: str) -> Path:
        """The work folders of a domain's trainings."""
        return self.state / "work" / domain

    def work(self, domain: str, version: str) -> Path:
        """The work folder of a training (checkpoints, progress), keyed by what is trained."""
        return self.trainings(domain) / version

    def sweeps(self, domain: str) -> Path:
        """What a domain's sweeps have made so far: a folder for each that has not come to its end."""
        return self.state / "sweeps" / domain

    @property
    def recordings(self) -> Path:
        """What recordings of projects have come to: a folder per project, its content and the settings."""
        return self.state / "recordings"

    def recording_lock(self, name: str) -> Path:
        """What a process holds while it records."""
        return self.lock(f"recording-{name}")

    def answers(self, domain: str) -> Path:
        """What models answered in comparisons: a folder per model, prompt and questions."""
        return self.data(domain) / "answers"

    def prompts(self, domain: str) -> Path:
        """Prompts that were searched for: a folder per digest, and `current`."""
        return self.data(domain) / "prompts"

    def answering(self, domain: str) -> Path:
        """What models have answered in surveys, benchmarks and searches for prompts that have not come to an end."""
        return self.state / "answering" / domain

    def bases(self, domain: str) -> Path:
        """What each base model of a domain's comparison has come to: a folder per base."""
        return self.state / "bases" / domain

    def lock(self, name: str) -> Path:
        """The path of a lock file; its folder exists."""
        folder = self.state / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.lock"


def readable_path(text: str, home: Home) -> Path:
    """A path that came from a YAML or the Launchpad, resolved, if it may be read.

    Allowed are the state root, the checkout, and the folders in `DOMAIN_FT_READ_ROOTS` (separated as in PATH);
    links are followed before the question is asked. What a person typed on the command line is let in by
    `trust_folder`.
    """
    if "://" in text:  # as a path it would lose a slash, and no password would be found in it any more
        raise InputError(f"{brief(text, 1000)}: is an address, not a folder; fetch what is there and name its folder")
    roots = [home.root, CHECKOUT]
    roots += [Path(root).resolve() for root in os.environ.get(READ_ROOTS_VARIABLE, "").split(os.pathsep) if root]
    try:
        path = (home.root / Path(text).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{brief(text)}: cannot be a path ({error}); name a folder that is there") from None
    if not any(path.is_relative_to(root) for root in roots):
        shown = brief(text, 1000)
        raise InputError(f"{shown}: outside the folders that may be read; add its folder to {READ_ROOTS_VARIABLE}")
    return path


def folder_named(text: str, beside: Path) -> Path | None:
    """The folder that a text names, relative to `beside`, or None where it names none."""
    try:
        folder = beside / Path(text).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # too long, an unknown ~user, a NUL
        return None


def trust_folder(folder: Path) -> None:
    """Let this process and those that it starts read a folder: a person has typed it on the command line."""
    roots = [root for root in os.environ.get(READ_ROOTS_VARIABLE, "").split(os.pathsep) if root]
    os.environ[READ_ROOTS_VARIABLE] = os.pathsep.join(dict.fromkeys([*roots, str(folder.resolve())]))
