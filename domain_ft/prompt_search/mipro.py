"""MIPROv2 over our rows, our score and our model.

DSPy goes on where an answer fails, and counts it as wrong: whatever is no answer but the end of the search gets past it
as an `_EndedError`, which is no Exception.
"""

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import dspy
from dspy.teleprompt import bootstrap

from domain_ft.llm.protocol import GenerationOptions, Message
from domain_ft.prompt_search.asking import Asking
from domain_ft.prompt_search.program import AskForRequirements, LenientAdapter, language_model, template_of
from domain_ft.prompt_search.trials import Trials
from domain_ft.requirements.prompt import PromptTemplate

_Found = TypeVar("_Found")
_EXAMPLES_AT_ONCE = 3
"""Records that the proposer is shown at once: they are long."""


def search_prompt(trials: Trials, default: PromptTemplate) -> AskForRequirements:
    """The program whose prompt scores best on all validation rows; the default one where nothing beats it.

    DomainFtError where the model does not answer any more.
    """
    settings, rows, asking = trials.settings, trials.rows, trials.asking
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    train = [dspy.Example(concept=each.concept, requirements=text) for each, text in rows.train]

    def try_prompt(program: AskForRequirements, places: Sequence[int]) -> float:
        return _unswallowed(lambda: trials.try_prompt(template_of(program), places))

    def score(example: dspy.Example, answer: dspy.Prediction, trace: Any = None) -> float:
        return _unswallowed(lambda: trials.score_alone(example.concept, answer.requirements))

    search = _Search(
        try_prompt,
        metric=score,
        metric_threshold=settings.demo_threshold,
        task_model=_answering(asking, settings.options),
        prompt_model=_proposing(asking, settings.proposal),
        auto=None,
        num_candidates=settings.candidates,
        max_bootstrapped_demos=settings.max_bootstrapped_demos,
        max_labeled_demos=settings.max_labeled_demos,
        num_threads=1,
        seed=settings.seed,
    )
    size = min(settings.minibatch_size or len(rows.validation), len(rows.validation))
    with _quiet(), dspy.context(adapter=LenientAdapter(), trace=[], disable_history=True):
        try:
            found: AskForRequirements = search.compile(
                AskForRequirements(default),
                trainset=[example.with_inputs("concept") for example in train],
                valset=[dspy.Example(place=place).with_inputs("place") for place in range(len(rows.validation))],
                num_trials=settings.trials,
                minibatch=size < len(rows.validation),
                minibatch_size=size,
                minibatch_full_eval_steps=settings.full_evaluation_every,
                view_data_batch_size=_EXAMPLES_AT_ONCE,
            )
        except _EndedError as ended:
            raise ended.why from None
    return found


class _EndedError(BaseException):
    """The search cannot go on."""

    def __init__(self, why: Exception) -> None:
        super().__init__(why)
        self.why = why


def _unswallowed(work: Callable[[], _Found]) -> _Found:
    try:
        return work()
    except Exception as error:
        raise _EndedError(error) from error


def _answering(asking: Asking, options: GenerationOptions) -> dspy.LM:
    return language_model(lambda messages: _answer(asking, messages, options))


def _proposing(asking: Asking, options: GenerationOptions) -> dspy.LM:
    """Asked the same twice, it is to say something else."""
    asked = 0

    def answer(messages: Sequence[Message]) -> str:
        nonlocal asked
        asked += 1
        return _answer(asking, messages, options.model_copy(update={"seed": options.seed + asked - 1}))

    return language_model(answer)


def _answer(asking: Asking, messages: Sequence[Message], options: GenerationOptions) -> str:
    (row,) = _unswallowed(lambda: asking.answers([messages], options))
    return str(row.get("answer", ""))


@dataclass(frozen=True)
class _Score:
    score: float


class _Search(dspy.MIPROv2):
    """MIPROv2 that has prompts scored elsewhere, and can do without examples of the model's own, or proposals."""

    def __init__(self, try_prompt: Callable[[AskForRequirements, Sequence[int]], float], **options: Any) -> None:
        super().__init__(**options)
        self._try_prompt = try_prompt

    def _bootstrap_fewshot_examples(self, program: Any, trainset: list[Any], *given: Any, **options: Any) -> Any:
        """Without examples of the model's own, sets of labeled ones are drawn: DSPy would draw from an empty range."""
        labeled, sets = options["max_labeled_demos"], options["num_fewshot_candidates"]
        if options["max_bootstrapped_demos"] or not labeled:
            return super()._bootstrap_fewshot_examples(program, trainset, *given, **options)
        most = min(labeled, len(trainset))
        return {0: [[], *(self.rng.sample(trainset, most) for _ in range(sets - 1))]}

    def _propose_instructions(self, program: Any, *given: Any, **options: Any) -> dict[int, list[str]]:
        """A proposal that says nothing leaves the instruction as it is."""
        proposed = super()._propose_instructions(program, *given, **options)[0]
        return {0: [text if text.strip() else program.ask.signature.instructions for text in proposed]}

    def _optimize_prompt_parameters(
        self, program: Any, instructions: Any, demos: Any, evaluate: Any, *given: Any
    ) -> Any:
        """Evaluates the answers of a prompt together."""

        def evaluated(program: AskForRequirements, devset: Sequence[Any], **unused: Any) -> _Score:
            return _Score(self._try_prompt(program, [row.place for row in devset]))

        return super()._optimize_prompt_parameters(program, instructions, demos, evaluated, *given)


class _Bars:
    """What DSPy draws progress with, undrawn."""

    @staticmethod
    def tqdm(items: _Found) -> _Found:
        return items


@contextmanager
def _quiet() -> Iterator[None]:
    """DSPy prints, logs and draws; who asked for the search hears of it through `progress`."""
    logger, drawn = logging.getLogger("dspy"), bootstrap.tqdm
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    bootstrap.tqdm = _Bars
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        bootstrap.tqdm = drawn
