"""The door of the daily ranking, for the command line and for pytest.

Whatever is in the way, tests must run: a ranking that cannot be made is the order that was there before, with a
sentence that says why. Nothing here fails but for what a person typed wrong.
"""

from dataclasses import replace
from pathlib import Path

from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.faults import fault_sentence
from domain_ft.newest import newest_raw
from domain_ft.prioritization.rank import Change
from domain_ft.prioritization.ranking import Asked, Ranking, original_order
from domain_ft.store.home import Home
from domain_ft.uses.daily_ranking import DailyRanking


def rank_tests(domain: EmbeddingDomain, home: Home, asked: Asked) -> Ranking:
    """The ranking of the tests that a change needs; on any trouble the original order, and why."""
    try:
        return DailyRanking(domain, home).rank(asked)
    except Exception as error:  # a suite that does not run because its ranking failed would be worse than none
        return original_order(_listed(domain, home, asked), trouble(error))


def _listed(domain: EmbeddingDomain, home: Home, asked: Asked) -> Asked:
    """What was asked, with the tests that the history knows where none were named: an empty list would run nothing."""
    if asked.tests is not None:
        return asked
    try:
        from domain_ft.history.tables import read_history

        tests = read_history(newest_raw(domain, home)).tests
        own = tests.filter(tests["scope"] == asked.scope) if asked.scope in tests["scope"].to_list() else tests
        return replace(asked, tests=tuple(own["test_id"]))
    except Exception:  # then there is nothing to list
        return asked


def trouble(error: Exception) -> str:
    """What went wrong, as one sentence."""
    if isinstance(error, DomainFtError):
        return str(error)
    return fault_sentence(error) or f"{type(error).__name__}: {error}"


def change_asked(
    text: str | None, paths: tuple[str, ...], commit: str | None, repository: Path | None
) -> tuple[Change, tuple[str, ...]]:
    """The change that a person names, by its text or as a commit, and what there is to say of it.

    A commit that cannot be read, or whose paths a shallow clone does not know, is said; the text that is left counts.
    So is a `repository` without a commit; None: the current folder's.
    """
    from domain_ft.landing.git_log import read_commits

    if commit is None:
        ignored = f"--repo {repository} is not looked at: name a commit with --commit, such as HEAD"
        return Change(text or "", paths), () if repository is None else (ignored,)
    repository = repository or Path()
    try:
        found = read_commits(repository, [commit], shallow=True, typed=True).get(commit)
    except DomainFtError as error:
        told = str(error).replace("under source.repository", "with --repo")  # which is for who reads landed reports
        return Change(text or "", paths), (f"--commit {commit}: {told}",)
    if found is None:
        mend = "fetch it, or say what changed with --change-text"
        return Change(text or "", paths), (f"--commit {commit}: {repository.absolute()} knows no such commit; {mend}",)
    told = f"{text}\n{found.message}" if text else found.message
    cut = (
        () if found.paths else ("the commit's paths are not known: its parent is missing (a shallow clone), or empty",)
    )
    return Change(told, (*paths, *found.paths)), cut
