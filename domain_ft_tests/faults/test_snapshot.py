"""What a reader could stumble over in a world."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain_ft.bases.record import RECORD, BaseRecord, write_record
from domain_ft.retention.inventory import MADE, SWEEP_FILE
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder, write_json
from domain_ft_tests.faults.snapshot import NAME, visible_faults

PLACES = [Home.raw, Home.quarantine, Home.triplets, Home.models, Home.benchmarks, Home.frozen_prefixes]
PLACES += [Home.hard_negatives, Home.base_comparisons, Home.indexes, Home.out_of_distribution, Home.prioritizations]


def publish(place: Path) -> Path:
    def write(folder: Path) -> dict[str, Any]:
        (folder / "tokenizer.json").write_text("whole")
        return {}

    return publish_folder(place / "0123456789ab", write)


@pytest.mark.parametrize("place", PLACES)
def test_a_torn_file_is_seen_wherever_it_was_published(home: Home, place: Callable[[Home, str], Path]) -> None:
    folder = publish(place(home, NAME))
    assert visible_faults(home) == []
    os.truncate(folder / "tokenizer.json", 3)
    assert [str(folder / "tokenizer.json") in fault for fault in visible_faults(home)] == [True]


def test_a_pointer_that_leads_nowhere_is_seen(home: Home) -> None:
    point(home.models(NAME) / "champion", "0123456789ab")
    assert f"models/{NAME}/champion leads nowhere" in visible_faults(home)


def test_a_sweep_may_name_what_is_published_and_nothing_else(home: Home) -> None:
    publish(home.models(NAME))
    note = home.sweeps(NAME) / "abc" / SWEEP_FILE
    note.parent.mkdir(parents=True)
    write_json(note, {MADE: [("model", "0123456789ab")]})
    assert visible_faults(home) == []
    write_json(note, {MADE: [("model", "0123456789ab"), ("dataset", "ba9876543210")]})
    assert ["dataset ba9876543210" in fault for fault in visible_faults(home)] == [True]


def test_a_torn_note_of_a_sweep_is_seen(home: Home) -> None:
    note = home.sweeps(NAME) / "abc" / SWEEP_FILE
    note.parent.mkdir(parents=True)
    note.write_text('{"made": [')
    assert ["not the note of a sweep" in fault for fault in visible_faults(home)] == [True]


def test_a_base_may_name_what_is_published_and_nothing_else(home: Home) -> None:
    publish(home.models(NAME))
    publish(home.triplets(NAME))
    record = BaseRecord("starter", "0123456789ab", "0123456789ab")
    write_record(home, NAME, "starter", record)
    assert visible_faults(home) == []
    write_record(home, NAME, "starter", replace(record, benchmark="ba9876543210"))
    assert ["benchmark ba9876543210" in fault for fault in visible_faults(home)] == [True]


def test_a_torn_note_of_a_base_is_seen(home: Home) -> None:
    note = home.bases(NAME) / "starter" / RECORD
    note.parent.mkdir(parents=True)
    note.write_text('{"base": ')
    assert ["not the note of a base" in fault for fault in visible_faults(home)] == [True]
