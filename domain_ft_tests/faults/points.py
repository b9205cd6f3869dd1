"""Where a campaign kills: functions at which something is half done, and the stage in which each is met."""

from dataclasses import dataclass
from typing import Literal

Process = Literal["worker", "step", "child"]


@dataclass(frozen=True)
class Point:
    """Before or after the n-th call of a function, in the stage's own process, a step's, or the training child's."""

    stage: str
    module: str
    function: str
    when: Literal["before", "after"] = "before"
    nth: int = 1
    process: Process = "worker"

    def __str__(self) -> str:
        name = f"{self.module.removeprefix('domain_ft.')}.{self.function}"
        return f"{self.stage}: {self.when} {name}" + (f" ({self.nth}.)" if self.nth > 1 else "")


_PUBLISHING = ("_file_digests", "_fsync_tree", "point", "write_json")
_CHILD: Process = "child"
_STEP: Process = "step"

POINTS: tuple[Point, ...] = (
    *(Point("ingest", "domain_ft.store.publish", name) for name in _PUBLISHING),
    *(Point("ingest", "domain_ft.store.publish", name, nth=2) for name in _PUBLISHING if name != "point"),
    Point("ingest", "domain_ft.store.publish", "publish_folder", "after"),
    Point("ingest", "domain_ft.store.publish", "point", "after"),
    Point("ingest", "domain_ft.history.normalize", "normalize", "after"),
    Point("ingest", "shutil", "copyfile", "after"),
    *(Point("dataset", "domain_ft.store.publish", name) for name in _PUBLISHING),
    Point("dataset", "domain_ft.mining.miner", "mine_triplets", "after"),
    Point("dataset", "domain_ft.store.publish", "point", "after"),
    Point("train", "domain_ft.training.job", "write_job", "after"),
    Point("train", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=1, process=_CHILD),
    Point("train", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=5, process=_CHILD),
    Point("train", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=11, process=_CHILD),
    Point("train", "domain_ft.training.checkpoints", "mark_whole", process=_CHILD),
    Point("train", "domain_ft.training.checkpoints", "mark_whole", nth=3, process=_CHILD),
    Point("train", "domain_ft.training.checkpoints", "mark_whole", "after", nth=2, process=_CHILD),
    Point("train", "domain_ft.training.checkpoints", "prune_checkpoints", nth=3, process=_CHILD),
    Point("train", "domain_ft.training.checkpoints", "prune_checkpoints", "after", nth=4, process=_CHILD),
    # Three are unmarked before they are written, the fourth because it is pruned.
    Point("train", "domain_ft.training.checkpoints", "unmark", "after", nth=4, process=_CHILD),
    Point("train", "domain_ft.embedding.publish_model", "publish_model", process=_CHILD),
    Point("train", "domain_ft.embedding.publish_model", "try_model", "after", process=_CHILD),
    Point("train", "domain_ft.store.publish", "_fsync_tree", process=_CHILD),
    Point("train", "domain_ft.store.publish", "publish_folder", "after", process=_CHILD),
    Point("train", "domain_ft.store.publish", "point", "after", process=_CHILD),
    Point("train", "domain_ft.registry.runs", "log_training"),
    Point("train", "domain_ft.registry.runs", "log_metrics", "after"),
    Point("train", "domain_ft.registry.runs", "log_training", "after"),
    Point("train", "domain_ft.registry.versions", "register_version"),
    Point("train", "domain_ft.registry.versions", "_external_model", "after"),
    Point("train", "domain_ft.registry.versions", "register_version", "after"),
    # The second round is mined before step 17, and first kept in the checkpoint of step 18.
    Point("train_mined", "domain_ft.embedding.hard_negatives", "HardNegatives.mine", "after", process=_CHILD),
    Point("train_mined", "domain_ft.embedding.hard_negatives", "HardNegatives.mine", nth=2, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.hard_negatives", "HardNegatives.mine", "after", nth=2, process=_CHILD),
    Point("train_mined", "domain_ft.store.publish", "_file_digests", nth=2, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.prefix_states", "write_states", "after", process=_CHILD),
    Point("train_mined", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=5, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=18, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=20, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.negative_rounds", "NegativeRounds.save", nth=6, process=_CHILD),
    Point("train_mined", "domain_ft.embedding.negative_rounds", "NegativeRounds.save", "after", nth=7, process=_CHILD),
    Point("benchmark", "domain_ft.store.vectors", "_write_shard"),
    Point("benchmark", "domain_ft.store.vectors", "_write_shard", "after", nth=2),
    Point("benchmark", "domain_ft.store.publish", "_fsync_tree"),
    Point("benchmark", "domain_ft.store.publish", "point", "after"),
    Point("benchmark", "domain_ft.registry.runs", "log_metrics", "after"),
    Point("benchmark", "domain_ft.registry.versions", "describe_version", "after"),
    Point("benchmark", "domain_ft.registry.versions", "tag_version"),
    Point("promote", "domain_ft.registry.aliases", "crown"),
    Point("promote", "domain_ft.registry.aliases", "_write_succession", "after"),
    *(Point("promote", "domain_ft.registry.aliases", "_give", nth=nth) for nth in (1, 2, 3)),
    Point("promote", "domain_ft.registry.aliases", "repair_link"),
    Point("promote", "domain_ft.registry.aliases", "repair_link", "after"),
    Point("promote", "domain_ft.registry.versions", "tag_version", "after"),
    Point("settle", "domain_ft.registry.owed", "_made_up_for", nth=2),
    Point("settle", "domain_ft.registry.owed", "_record", "after"),
    *(Point("settle", "domain_ft.registry.owed", "_forget", nth=nth) for nth in (1, 2, 3)),
    Point("settle", "domain_ft.registry.owed", "_write", "after", nth=2),
    Point("settle", "domain_ft.registry.aliases", "_give"),
    Point("settle", "domain_ft.registry.tracking", "connect", "after"),
    Point("sweep", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=3, process=_CHILD),
    Point("sweep", "domain_ft.store.publish", "publish_folder", "after", process=_CHILD),
    Point("sweep", "domain_ft.store.publish", "write_json"),
    Point("sweep", "domain_ft.registry.sweep_runs", "record_sweep"),
    Point("sweep", "domain_ft.registry.sweep_runs", "record_sweep", "after", nth=2),
    Point("sweep", "domain_ft.store.publish", "remove_folder"),
    Point("bases", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=5, process=_CHILD),
    Point("bases", "domain_ft.store.publish", "publish_folder", "after", process=_CHILD),
    *(Point("bases", "domain_ft.bases.record", "write_record", nth=nth) for nth in (1, 2, 4)),
    Point("bases", "domain_ft.bases.record", "write_record", "after", nth=2),
    Point("bases", "domain_ft.store.vectors", "_write_shard", nth=3),
    Point("bases", "domain_ft.bases.compare", "_write", "after"),
    Point("bases", "domain_ft.store.publish", "_fsync_tree", nth=3),
    Point("bases", "domain_ft.store.publish", "point"),
    Point("bases", "domain_ft.store.publish", "point", "after"),
    Point("bases", "domain_ft.registry.sweep_runs", "_record_combination", nth=2),
    Point("bases", "domain_ft.registry.sweep_runs", "record_sweep", "after"),
    Point("index", "domain_ft.passage_index.passage_table", "PassageTable.write", "after"),
    Point("index", "domain_ft.passage_index.passage_table", "PassageTable.index_words", "after"),
    Point("index", "domain_ft.uses.judge_index", "judge_index", "after"),
    Point("index", "domain_ft.store.publish", "_fsync_tree"),
    Point("index", "domain_ft.store.publish", "point"),
    Point("index", "domain_ft.store.publish", "point", "after"),
    Point("strangers", "domain_ft.store.vectors", "_write_shard"),
    Point("strangers", "domain_ft.out_of_distribution.detector", "fit_detector", "after"),
    Point("strangers", "domain_ft.store.publish", "_file_digests"),
    Point("strangers", "domain_ft.store.publish", "point", "after"),
    Point("prioritize", "domain_ft.prioritization.features", "structural_features", "after"),
    Point("prioritize", "domain_ft.prioritization.tables", "write_tests", "after"),
    Point("prioritize", "domain_ft.store.publish", "_fsync_tree"),
    Point("prioritize", "domain_ft.store.publish", "point"),
    Point("rollback", "domain_ft.registry.rollback", "_put_aside"),
    Point("rollback", "domain_ft.registry.rollback", "_put_aside", "after"),
    *(Point("rollback", "domain_ft.registry.aliases", "_give", nth=nth) for nth in (1, 2, 3)),
    Point("rollback", "domain_ft.registry.aliases", "_write_succession"),
    Point("rollback", "domain_ft.registry.aliases", "_write_succession", "after"),
    Point("rollback", "domain_ft.store.publish", "point"),
    Point("rollback", "domain_ft.store.publish", "point", "after"),
    Point("clean", "domain_ft.retention.plan", "plan_removals", "after"),
    *(Point("clean", "domain_ft.store.publish", "remove_folder", nth=nth) for nth in (1, 2, 3, 5)),
    Point("clean", "domain_ft.store.publish", "remove_folder", "after", nth=4),
    Point("clean", "shutil", "rmtree", nth=1),
    Point("clean", "shutil", "rmtree", nth=3),
    Point("run", "domain_ft.history.normalize", "normalize", "after", process=_STEP),
    Point("run", "domain_ft.mining.miner", "mine_triplets", "after", process=_STEP),
    Point("run", "domain_ft.training.job", "write_job", "after", process=_STEP),
    Point("run", "domain_ft.embedding.trainer", "EmbeddingTrainer.training_step", nth=9, process=_CHILD),
    Point("run", "domain_ft.store.publish", "publish_folder", "after", process=_CHILD),
    Point("run", "domain_ft.registry.versions", "register_version", "after", process=_STEP),
    Point("run", "domain_ft.resources.results", "StageResults.handle_output", process=_STEP),
    Point("run", "domain_ft.store.vectors", "_write_shard", process=_STEP),
    Point("run", "domain_ft.registry.aliases", "_give", nth=1, process=_STEP),
    Point("run", "domain_ft.resources.results", "results_of_run"),
)
