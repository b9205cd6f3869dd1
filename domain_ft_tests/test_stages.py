"""What the stages add to the packages they call: which files are read, and what is kept of them."""

from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domain import Domain, find_domain
from domain_ft.errors import InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.landing.files import landing_files
from domain_ft.store.home import Home


@pytest.fixture
def domain() -> Domain:
    return find_domain("test_history")


def sample(path: Path, seed: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    return write_sample(path, builds=20, tests=20, seed=seed, signal=1.0).path


def test_a_file_that_was_read_is_found_in_the_landing_folder_at_once(
    domain: Domain, home: Home, tmp_path: Path
) -> None:
    stages.ingest(domain, home, [sample(tmp_path / "a.csv", 1)])
    assert [file.name for file in landing_files(home.landing(domain.name))] == ["a.csv"]
    assert stages.ingest(domain, home).reused


def test_another_content_of_the_same_name_is_kept_beside_it(domain: Domain, home: Home, tmp_path: Path) -> None:
    stages.ingest(domain, home, [sample(tmp_path / "one" / "a.csv", 1)])
    stages.ingest(domain, home, [sample(tmp_path / "two" / "a.csv", 2)])
    kept = landing_files(home.landing(domain.name))
    assert len(kept) == 2
    assert {file.read_bytes() for file in kept} == {
        (tmp_path / "one" / "a.csv").read_bytes(),
        (tmp_path / "two" / "a.csv").read_bytes(),
    }


def test_the_same_content_is_kept_once(domain: Domain, home: Home, tmp_path: Path) -> None:
    first = sample(tmp_path / "a.csv", 1)
    stages.ingest(domain, home, [first])
    stages.ingest(domain, home, [first.rename(tmp_path / "b.csv")])
    assert len(landing_files(home.landing(domain.name))) == 1


def test_a_file_that_cannot_be_read_is_not_kept(domain: Domain, home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(InputError, match="empty"):
        stages.ingest(domain, home, [tmp_path / "a.csv"])
    assert landing_files(home.landing(domain.name), settle_s=0) == []


def test_a_repository_outside_the_roots_is_refused(domain: Domain, home: Home, tmp_path: Path) -> None:
    source = domain.source.model_copy(update={"repository": "/somewhere/else"})
    elsewhere = Domain(domain.settings.model_copy(update={"source": source}), domain.file)
    with pytest.raises(InputError, match="outside the folders"):
        stages.ingest(elsewhere, home, [sample(tmp_path / "a.csv", 1)])
