"""Ways to bring something hostile in: a file on the command line, a setting, a folder that claims to be a model."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.embedding.models import resolve_base_model
from domain_ft.errors import DomainFtError
from domain_ft.landing.settings import SourceSettings
from domain_ft.safe_text import masked, one_line
from domain_ft.stages import ingest
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.landing_world import Repository, a_row

Attack = Callable[[Place], object]
HEAD = "type: domain_ft.components.EmbeddingDomain\nattributes:\n  name: mine\n"


def sentence_of(attack: Attack, place: Place) -> str:
    """What a person reads: the one line on stderr, or the message of our own error; whatever else there is fails."""
    try:
        outcome = attack(place)
    except DomainFtError as error:
        return one_line(masked(str(error)))  # as the command line and the steps do
    assert isinstance(outcome, tuple), f"nothing was refused: {outcome}"
    code, stdout, stderr = outcome
    assert (code, stdout) in ((1, ""), (2, "")), f"exit code {code}: {stdout}"
    (line,) = stderr.splitlines()
    return str(line)


def landed(name: str, content: bytes) -> Attack:
    """A file, handed in on the command line."""
    return lambda place: place.run("ingest", DOMAIN, place.write(name, content))


def typed(*arguments: str) -> Attack:
    """A command line."""
    return lambda place: place.run(*arguments)


def parquet(change: Callable[[bytes], bytes] = bytes, **columns: pa.Array) -> Attack:
    """A Parquet file of two rows with some columns of one's own, its bytes changed afterwards."""

    def attack(place: Place) -> object:
        cells = {**{name: pa.array([text] * 2) for name, text in a_row().items()}, **columns}
        path = place.folder / "a.parquet"
        pq.write_table(pa.table(cells), path)
        return place.run("ingest", DOMAIN, place.write("a.parquet", change(path.read_bytes())))

    return attack


def lying_footer(content: bytes) -> bytes:
    """The footer says that there are three rows, not two (numbers are written as zigzag varints)."""
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    at = content.index(b"\x16\x04", start)
    return content[:at] + b"\x16\x06" + content[at + 2 :]


def report(content: bytes) -> Attack:
    """A JUnit report beside a repository."""

    def attack(place: Place) -> object:
        repository = Repository(place.home.root / "repository")
        repository.path.mkdir()
        repository.git("init", "-q")
        repository.commit("one")
        domain = find_domain(DOMAIN)
        source = SourceSettings(repository=str(repository.path))
        domain = EmbeddingDomain(domain.settings.model_copy(update={"source": source}), domain.file)
        return ingest(domain, place.home, [place.write("report.xml", content)])

    return attack


def dropped(name: str, target: str) -> Attack:
    """A link in the landing folder that leads to something outside the state root."""

    def attack(place: Place) -> object:
        place.write("outside/a.xml", b"<testsuite/>")
        place.write("outside/a.csv", b"root:x:0:0\n")
        link = place.home.landing(DOMAIN) / name
        link.parent.mkdir(parents=True)
        link.symlink_to(place.folder / target)
        for file in (place.folder / "outside").iterdir():
            os.utime(file, (0, 0))
        return ingest(find_domain(DOMAIN), place.home)

    return attack


def circle(place: Place) -> object:
    """A link that leads to itself."""
    link = place.folder / "a.csv"
    link.symlink_to(link.name)
    return place.run("ingest", DOMAIN, link)


def folder_for_yaml(place: Place) -> object:
    """A folder where a domain's YAML should be."""
    (place.folder / "defs.yaml").mkdir()
    return Domain.load(place.folder / "defs.yaml")


def settings(text: str | bytes) -> Attack:
    """A domain's YAML."""
    content = text.encode() if isinstance(text, str) else text
    return lambda place: Domain.load(place.write("defs.yaml", content))


def override(name: str, value: str) -> Attack:
    """A value for `--set`."""
    return lambda place: find_domain(DOMAIN).with_overrides({name: value})


def base_model(name: str) -> Attack:
    """A name for `training.base_model`."""
    return lambda place: resolve_base_model(name, None, place.home)


def overwritten(name: str, content: bytes) -> Attack:
    """A model folder, one file of which an enemy has written."""
    return model(lambda folder: (folder / name).write_bytes(content))


def model(change: Callable[[Path], object]) -> Attack:
    """A model folder below the state root, changed by an enemy."""

    def attack(place: Place) -> object:
        folder = place.home.root / "mine"
        (folder / "1_Pooling").mkdir(parents=True)
        (folder / "config.json").write_bytes(b'{"model_type": "bert"}')
        (folder / "modules.json").write_bytes(modules("", "1_Pooling"))
        save_file({"weight": np.zeros(1000, dtype=np.float32)}, folder / "model.safetensors")
        change(folder)
        return resolve_base_model("mine", None, place.home)

    return attack


def modules(*paths: str) -> bytes:
    """A model's modules.json."""
    return json.dumps([{"path": path, "type": "sentence_transformers.models.Transformer"} for path in paths]).encode()
