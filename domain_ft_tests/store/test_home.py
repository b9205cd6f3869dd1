from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.store.home import READ_ROOTS_VARIABLE, Home, readable_path


def test_the_environment_names_the_state_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOMAIN_FT_HOME", str(tmp_path))
    assert Home.from_environment().root == tmp_path.resolve()


def test_without_the_variable_the_checkout_is_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOMAIN_FT_HOME", raising=False)
    assert (Home.from_environment().root / "pyproject.toml").is_file()


@pytest.mark.parametrize("text", ["/etc/passwd", "../../../../../../etc/passwd"])
def test_a_path_outside_the_roots_is_refused(text: str, home: Home) -> None:
    with pytest.raises(InputError, match="outside the folders"):
        readable_path(text, home)


def test_an_address_is_no_path(home: Home) -> None:
    with pytest.raises(InputError, match=r"^https://example\.org/x\.git: is an address, not a folder; fetch"):
        readable_path("https://example.org/x.git", home)


def test_a_link_that_leads_outside_is_refused(home: Home, tmp_path: Path) -> None:
    (home.root / "link").symlink_to(tmp_path.parent)
    with pytest.raises(InputError, match="outside"):
        readable_path("link/x", home)


def test_a_read_root_of_the_environment_is_allowed(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ROOTS_VARIABLE, str(tmp_path))
    assert readable_path(str(tmp_path / "model"), home) == (tmp_path / "model").resolve()
