"""The audit of a file of records, beside others that it should share nothing with."""

from collections.abc import Sequence
from pathlib import Path

from domain_ft.progress import Progress, silent
from domain_ft.requirement_files.lines import read_lines, told
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.settings import RequirementAuditSettings


def audit_file(
    source: Path,
    *,
    against: Sequence[Path] = (),
    settings: RequirementAuditSettings | None = None,
    progress: Progress = silent,
) -> AuditReport:
    """Audit the records of a file; concepts that stand in one of the files `against`, too, are `split_overlap`.

    InputError where a file cannot be read as a whole.
    """
    audit = Audit(settings or RequirementAuditSettings())
    for other in against:
        for line in read_lines(other):
            audit.know(line, other.name)
    for line in told(read_lines(source), "audit", progress):
        audit.add(line)
    return audit.report()
