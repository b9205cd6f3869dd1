"""The audit of requirement records as Markdown, as the Dagster UI shows it: how often what is wrong, and where.

Of the records it shows a few short places, each as code, so that its length is bounded and none of their texts becomes
markup, HTML or a link, whatever they say.
"""

from domain_ft.amounts import counted
from domain_ft.markdown_text import code_span, markdown_table
from domain_ft.requirements.audit import AuditReport, Example, Finding
from domain_ft.safe_text import brief

EXAMPLES = 5
"""Examples of each finding, at most."""
_ID, _WHY = 60, 200
"""Letters that are shown of an id, and of why something is wrong."""


def audit_markdown(report: AuditReport) -> str:
    """The text: a table of all that is looked for, examples of what was found, and the lengths of the records."""
    found = {_label(name): finding for name, finding in report.findings.items()}
    rows = [[label, f"{finding.count:,}", f"{len(finding.ids):,}"] for label, finding in found.items()]
    parts = [
        f"## Nothing is wrong in {report.valid:,} of {counted(report.total, 'records')}",
        markdown_table(["", "found", "records"], rows),
        *(_examples(label, finding) for label, finding in found.items() if finding.examples),
    ]
    if report.token_lengths:
        lengths = {_label(name): f"{value:,}" for name, value in report.token_lengths.items()}
        parts += ["**Tokens of a record**", markdown_table(list(lengths), [list(lengths.values())])]
    return "\n\n".join(parts) + "\n"


def _examples(label: str, finding: Finding) -> str:
    shown = finding.examples[:EXAMPLES]
    lines = [f"- {code_span(_place(example))}" for example in shown]
    of = f" ({len(shown)} of {finding.count:,})" if len(shown) < finding.count else ""
    return "\n".join([f"**{label}**{of}", "", *lines])


def _place(example: Example) -> str:
    where = f"{brief(example.id, _ID)} (line {example.line}) {example.path}".rstrip()
    return f"{where}: {brief(example.value)!r} {brief(example.why, _WHY)}".rstrip()


def _label(name: str) -> str:
    return name.replace("_", " ")
