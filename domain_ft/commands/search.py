"""The commands of `domain-ft` that find passages: the index, the search, and what is like a passage."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain_ft import console
from domain_ft.commands.options import AsJson, DomainName, Overrides, with_options
from domain_ft.commands.output import show
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import InputError
from domain_ft.passage_index.query import MODES, Asked, readable
from domain_ft.store.home import Home

if TYPE_CHECKING:
    from domain_ft.passage_index.passage_index import Answer
    from domain_ft.uses.search_passages import PassageSearch

app = typer.Typer()
Count = Annotated[int, typer.Option("--k", min=1, help="How many passages; all, where there are fewer.")]
Part = Annotated[str | None, typer.Option(help="Only passages of this part: a sub-domain, or a history's scope.")]


@app.command()
def index(domain: DomainName, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    """Index the passages with the champion (or, before there is one, the base): by words and by meaning.

    Nothing is made anew while model, passages and settings are the same. On held-out queries it says what each way to
    search finds, and whether the model of before found it better. With --set it is a trial: searches do not follow it.
    """
    from domain_ft.commands.search_summary import show_index
    from domain_ft.uses.index_passages import index_passages

    chosen = with_options(find_embedding_domain(domain), None, overrides, "index")
    with console.progress_bars(quiet=as_json) as progress:
        result = index_passages(chosen, Home.from_environment(), trial=bool(overrides), progress=progress)
    show(result.as_json(), as_json, show_index)


@app.command()
def search(
    domain: DomainName,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to look for.")] = None,
    k: Count = 10,
    mode: Annotated[str, typer.Option(help="hybrid (words and meaning), vector (meaning), or words.")] = "hybrid",
    part: Part = None,
    file: Annotated[
        str | None, typer.Option("--from", metavar="FILE", help="Queries, one a line (- for stdin), in place of TEXT.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find passages: results with rank, passage_id, text, part, source, score, cosine, bm25, vector_rank, words_rank.

    With --from: results, one for each query, with query, results, stranger and notes.
    The index is made first where there is none.
    Where a detector was fitted (domain-ft strangers), `stranger` says how strange the query is.
    """
    from domain_ft.commands.search_summary import show_answer, show_answers
    from domain_ft.uses.search_passages import open_search

    if mode not in MODES:
        raise InputError(f"--mode {mode}: expected {', '.join(MODES)}")
    chosen, home = find_embedding_domain(domain), Home.from_environment()
    queries = _queries(text, file)
    for query in queries:
        readable(query, chosen.index.longest_query)  # what cannot be asked is said before anything is made
    with console.progress_bars(quiet=as_json) as progress:
        opened = open_search(chosen, home, progress=progress)
    answers = [opened.search(Asked(query, k, mode, part)) for query in queries]  # type: ignore[arg-type]
    told = [_answer(answer) | _strangeness(opened, answer) for answer in answers]
    notes = [*opened.notes, *(opened.detector_notes() if mode != "words" else ())]
    common = {**opened.as_json(), "mode": mode, "k": k, "part": part, "notes": notes}
    if file is None:
        [own] = told
        show({**common, **own, "notes": [*notes, *own["notes"]]}, as_json, show_answer)
    else:
        show({**common, "results": told}, as_json, show_answers)


@app.command()
def similar(
    domain: DomainName,
    passage: Annotated[str, typer.Argument(metavar="PASSAGE_ID|TEXT", help="A passage, by its id, or a text.")],
    k: Count = 10,
    part: Part = None,
    as_json: AsJson = False,
) -> None:
    """The passages nearest to one that say something else than it does: results with the fields of search."""
    from domain_ft.commands.search_summary import show_answer
    from domain_ft.uses.search_passages import open_search

    chosen, home = find_embedding_domain(domain), Home.from_environment()
    readable(passage, chosen.index.longest_query)
    with console.progress_bars(quiet=as_json) as progress:
        opened = open_search(chosen, home, progress=progress)
    found = opened.similar(passage, k, part)
    common = {**opened.as_json(), "mode": "vector", "k": k, "part": part}
    show({**common, **_answer(found, opened.notes)}, as_json, show_answer)


def _answer(answer: "Answer", notes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "query": answer.query,
        "results": [found.as_json() for found in answer.results],
        "notes": [*notes, *answer.notes],
    }


def _strangeness(opened: "PassageSearch", answer: "Answer") -> dict[str, Any]:
    """What a query's own answer says beside what was found."""
    score, note = opened.strangeness(answer)
    return {"stranger": score.as_json() if score else None, "notes": [*answer.notes, *([note] if note else [])]}


def _queries(text: str | None, file: str | None) -> tuple[str, ...]:
    """What is asked: the text, or the lines of a file; InputError where there is nothing, or both."""
    if (text is None) == (file is None):
        raise InputError("search: name either TEXT or --from FILE")
    if text is not None:
        return (text,)
    queries = _piped() if file == "-" else _lines(str(file))
    if not queries:
        raise InputError(f"--from {file}: holds no query; write one a line")
    return queries


def _piped() -> tuple[str, ...]:
    try:
        content = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InputError(f"--from -: is not UTF-8 (byte {error.start}); write one query a line, in UTF-8") from None
    return tuple(line.strip() for line in content.split("\n") if line.strip())


def _lines(file: str) -> tuple[str, ...]:
    from domain_ft.json_text import RefusedLineError
    from domain_ft.uses.text_lines import plain_text, text_lines, told

    queries = []
    for number, line in text_lines(Path(file)):
        try:
            queries.append(plain_text(line))
        except RefusedLineError as refused:
            raise InputError(f"--from {file}: line {number} is refused ({told(refused)}); mend it") from None
    return tuple(query for query in queries if query)
