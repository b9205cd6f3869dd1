"""Every link of the README leads somewhere: to a file of the project, or to a heading of its own."""

import re

import pytest

from domain_ft.store.home import CHECKOUT

README = (CHECKOUT / "README.md").read_text()
LINKS = sorted({link for link in re.findall(r"\]\(([^)\s]+)\)", README) if not link.startswith("http")})


def anchor(heading: str) -> str:
    """The fragment under which GitHub shows a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_the_readme_leads_somewhere(link: str) -> None:
    headings = [anchor(heading) for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)]
    assert link in headings if link.startswith("#") else (CHECKOUT / link).exists()
