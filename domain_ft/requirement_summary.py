"""What an audit of requirement records tells a person at a terminal."""

from typing import Any

from domain_ft import console


def show_findings(report: dict[str, Any]) -> None:
    found = {name: value for name, value in report.items() if isinstance(value, dict) and "count" in value}
    rows = [[name.replace("_", " "), each["count"], each["records"], _first(each)] for name, each in found.items()]
    console.show_table("audit", ["", "found", "records", "such as"], rows)
    console.say(f"{report['valid_examples']:,} of {report['total_examples']:,} records have nothing wrong in them")


def _first(finding: dict[str, Any]) -> str:
    for example in finding["examples"]:
        place = f"{example['id']} (line {example['line']}) {example['path']}".strip()
        return f"{place}: {example['value']!r} {example['why']}"
    return ""
