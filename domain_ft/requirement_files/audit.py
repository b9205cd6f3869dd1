"""The audit of a file of records, beside others that it should share nothing with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain_ft.progress import Progress, silent, told
from domain_ft.requirement_files.lines import read_lines, refuse_same, writing
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.audit_markdown import audit_markdown
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft.store.digests import sha256_file


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


def write_audit(
    source: Path,
    out: Path | None,
    markdown: Path | None,
    *,
    against: Sequence[Path] = (),
    settings: RequirementAuditSettings | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Audit a file and write the report as JSON, as Markdown, as both or as none; it is also what comes back.

    InputError where one of them would take the place of a file that is read.
    """
    targets = [target for target in (out, markdown) if target]
    for target in targets:
        for read in (source, *against):
            refuse_same(read, target)
    found = audit_file(source, against=against, settings=settings, progress=progress)
    report = {"file": str(source), "sha256": sha256_file(source), **found.as_json()}
    texts = {
        out: f"{json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False)}\n",
        markdown: audit_markdown(found),
    }
    if targets:
        with writing(source, *targets) as files:
            for target, file in zip(targets, files, strict=True):
                file.write(texts[target])
    return report
