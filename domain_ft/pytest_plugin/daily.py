"""The daily ranking as the plugin asks for it: by the domain's name, for tests that pytest has collected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain_ft.prioritization.ranking import Ranking


def rank_for_plugin(domain_name: str, change_text: str, paths: Sequence[str], tests: Sequence[str]) -> "Ranking":
    """Rank history test ids for a change; on any trouble of the ranking they stay as they came, and it says why.

    Raises InputError for a domain that is not there, or has no tests to rank.
    """
    from domain_ft.domains import find_embedding_domain
    from domain_ft.landing.settings import SourceSettings
    from domain_ft.prioritization.rank import Change
    from domain_ft.prioritization.ranking import Asked
    from domain_ft.store.home import Home
    from domain_ft.uses.rank_tests import rank_tests

    domain = find_embedding_domain(domain_name)
    # The plugin's own reports have no column of a scope, so that is where their results land.
    lands_in = domain.source.scope_name if isinstance(domain.source, SourceSettings) else None
    asked = Asked(Change(change_text, tuple(paths)), tuple(tests), lands_in=lands_in)
    return rank_tests(domain, Home.from_environment(), asked)
