"""Audit, fix and score of many requirement records, beside a plain script; prints one JSON line.

    python benchmarks/requirements.py [--records 100000] [--answers 10000]

The records are made by the grammar, with ids of two digits, as the replaced system wrote them. The peer is what a
person would write for the same repair: `json.loads`, a search for ids, `yaml.safe_load` of each list written as YAML
(as the replaced system validated), `json.dumps`; it repairs the first few of them, and is compared by the record.
Each step runs in a process of its own on one core, and its peak memory is that of the process.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

PEER_RECORDS = 2_000
"""As many does the peer repair: it takes milliseconds for each."""
LISTS = ("functional_requirements", "non_functional_requirements", "constraints")


def make(folder: Path, records: int) -> None:
    """Write the records, and as many answers as YAML text."""
    from domain_ft.requirement_files.generate import generate_concepts, generate_requirements
    from domain_ft.requirements.grammar import load_grammar

    generate_concepts(load_grammar(), folder / "concepts.jsonl", count=records, seed=1)
    generate_requirements(load_grammar(), folder / "concepts.jsonl", folder / "sound.jsonl")
    with (folder / "sound.jsonl").open() as source, (folder / "records.jsonl").open("w") as target:
        for line in source:
            target.write(re.sub(r'"(FR|NFR|C)0(\d\d)"', r'"\1\2"', line))


def audit_and_fix(folder: Path, near_duplicates: bool) -> None:
    """What `domain-ft audit` and `domain-ft fix` do, one after the other."""
    from domain_ft.requirement_files.audit import audit_file
    from domain_ft.requirement_files.fix import fix_file
    from domain_ft.requirements.settings import RequirementAuditSettings

    off = RequirementAuditSettings(near_duplicate=None)
    found = audit_file(folder / "records.jsonl", settings=RequirementAuditSettings() if near_duplicates else off)
    assert found.findings["id_format_issues"].count
    done = fix_file(folder / "records.jsonl", folder / "fixed.jsonl", settings=off)
    assert done.audit.sound


def score(folder: Path) -> None:
    """What `domain-ft score` does."""
    from domain_ft.requirement_files.score import score_file

    assert score_file(folder / "answers.jsonl", folder / "scored.jsonl").score > 0.99


def peer(folder: Path) -> None:
    """A plain script for the same repair."""
    import yaml

    with (folder / "records.jsonl").open() as source, (folder / "plain.jsonl").open("w") as target:
        for line in islice(source, PEER_RECORDS):
            record = json.loads(line)
            for name in LISTS:
                for item in record["requirements"][name]:
                    item["id"] = re.sub(r"^(FR|NFR|C)(\d{2})$", r"\g<1>0\g<2>", item["id"])
                checked = yaml.safe_load(yaml.safe_dump(record["requirements"][name]))
                assert len(checked) >= 2
            target.write(f"{json.dumps(record)}\n")


STEPS = {
    "audit_and_fix": lambda folder: audit_and_fix(folder, near_duplicates=False),
    "audit_with_near_duplicates_and_fix": lambda folder: audit_and_fix(folder, near_duplicates=True),
    "score": score,
    "peer": peer,
}


def measured(step: str, folder: Path) -> dict[str, float]:
    """Seconds (passed, and computed), and peak memory, of a step in a process of its own."""
    line = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    done = subprocess.run(
        line, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    found: dict[str, float] = json.loads(done.stdout)
    print(f"{step}: {found['seconds']:.1f} s", file=sys.stderr)
    return found


def answers(folder: Path, count: int) -> None:
    """Write answers as a model gives them: the requirements as YAML in a code fence."""
    import yaml

    with (folder / "sound.jsonl").open() as source, (folder / "answers.jsonl").open("w") as target:
        for _, line in zip(range(count), source, strict=False):
            record = json.loads(line)
            text = yaml.dump(record["requirements"], Dumper=yaml.CSafeDumper, sort_keys=False)
            target.write(f"{json.dumps({**record, 'answer': f'```yaml{chr(10)}{text}```'})}\n")


def main() -> None:
    """Measure each step, and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        began, computed_before = time.perf_counter(), time.process_time()
        STEPS[given.step](given.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        took, computed = round(time.perf_counter() - began, 2), round(time.process_time() - computed_before, 2)
        print(json.dumps({"seconds": took, "cpu_seconds": computed, "peak_gb": round(peak, 2)}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, given.records)
        answers(folder, given.answers)
        found = {step: measured(step, folder) for step in STEPS}
    few = measured_ratio(found, given.records)
    print(json.dumps({"benchmark": "requirements", "records": given.records, "answers": given.answers, **found, **few}))


def measured_ratio(found: dict[str, dict[str, float]], records: int) -> dict[str, float]:
    """The plain script's time for a record, in ours."""
    peer, ours = found["peer"]["seconds"] / min(records, PEER_RECORDS), found["audit_and_fix"]["seconds"] / records
    return {"peer_to_ours": round(peer / ours, 2)}


if __name__ == "__main__":
    main()
