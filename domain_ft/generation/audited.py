"""What ingest would refuse of the made pairs, asked before they land: the domain's own rules for texts.

So no generated row ends in quarantine, and a person reads in one place why a pair was not made.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain_ft.generation.rows import MadePair, texts_of
from domain_ft.landing.settings import PairSource
from domain_ft.pairs.settings import AMONG_ROWS, RULES

_SIDES = ("query", "passage", "context", "negative")


@dataclass(frozen=True)
class Verdict:
    """What becomes of a pair: refused for a rule, or kept, perhaps without its negative."""

    rule: str | None = None
    without_negative: bool = False


def audited(pairs: Sequence[MadePair], source: PairSource) -> list[Verdict]:
    """The verdict on each pair, by the rules that put a row of this domain into quarantine."""
    import polars as pl

    from domain_ft.pairs.audit import flags_of_rows

    if not pairs:
        return []
    texts = [texts_of(pair, source.columns) for pair in pairs]
    frame = pl.DataFrame(texts, schema=dict.fromkeys(_SIDES, pl.String()), orient="row")
    asked = [rule for rule in RULES if rule not in AMONG_ROWS and source.audit.mode(rule) == "quarantine"]
    verdicts = [Verdict()] * len(pairs)
    for flags in flags_of_rows(frame, source.audit, asked):
        for number in flags.broken.arg_true().to_list():
            if flags.of_negative_alone:
                verdicts[number] = Verdict(verdicts[number].rule, True)
            elif verdicts[number].rule is None:
                verdicts[number] = Verdict(flags.rule, verdicts[number].without_negative)
    return verdicts
