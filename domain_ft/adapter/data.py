"""What an adapter is trained on and judged by: the rows of a dataset's training and validation, and its concepts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from domain_ft.adapter.chat import Chat
from domain_ft.adapter.job import AdapterJob
from domain_ft.adapter.rows import Record, Rows, make_rows, read_records
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import RequirementsTask, answer_room
from domain_ft.drawn import drawn
from domain_ft.errors import InputError
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.safe_text import brief
from domain_ft.store.publish import MANIFEST, read_manifest


@dataclass(frozen=True)
class AdapterData:
    """The rows that are learned, those that a loss is measured on, and the concepts that are asked about."""

    train: Rows
    validation: Rows
    task: RequirementsTask

    @property
    def tokens(self) -> set[int]:
        """All that are read or written in training, those of padding included."""
        rows = (*self.train.rows, *self.validation.rows)
        return {self.task.chat.pad, *(token for row in rows for token in (*row.prompt, *row.completion))}


def read_data(job: AdapterJob, settings: AdapterTrainingSettings, chat: Chat, positions: int | None) -> AdapterData:
    """The data of a training; no row is longer than the model has `positions` for (None: no limit).

    InputError where a part is empty, or nothing of it fits.
    """
    length, reader = settings.max_length, None
    if positions is not None and positions < length:
        length, reader = positions, job.base.name
    learned, judged = (read_records(job.dataset, part) for part in ("train", "validation"))
    train = make_rows(drawn(learned, settings.train_limit, settings.seed), chat, length, "train", reader)
    asked = drawn(judged, settings.val_limit, settings.seed)
    validation = make_rows(asked, chat, length, "validation", reader)
    return AdapterData(train, validation, _task(job, asked, [*learned, *judged], train, chat, positions))


def _task(
    job: AdapterJob,
    asked: Sequence[Record],
    every: Sequence[Record],
    train: Rows,
    chat: Chat,
    positions: int | None,
) -> RequirementsTask:
    """The concepts of the records asked about; answers are scored as the dataset's own records were."""
    concepts = tuple(str(record["concept"]) for record in asked)
    longest, lengthy = max((len(chat.prompt_ids(concept)), concept) for concept in concepts)
    if positions is not None and longest >= positions:
        raise InputError(
            f"{job.base.name}: reads {positions:,} tokens, and the question about {brief(lengthy, 60)!r} (validation) "
            f"takes {longest:,}; shorten that concept, or name a base_model that reads more"
        )
    return RequirementsTask(
        concepts=concepts,
        beside=tuple(dict.fromkeys(str(record["concept"]) for record in every)),
        chat=chat,
        max_new_tokens=answer_room(train.longest_answer, longest, positions),
        score=_score_settings(job.dataset),
    )


def _score_settings(dataset: Path) -> ScoreSettings:
    """How the dataset's own records were scored."""
    try:
        return ScoreSettings.model_validate(read_manifest(dataset).get("settings", {}).get("score", {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(("settings", "score", *(str(part) for part in first["loc"])))
        raise InputError(f"{dataset / MANIFEST}: {key}: {first['msg']}; build the dataset again") from None
