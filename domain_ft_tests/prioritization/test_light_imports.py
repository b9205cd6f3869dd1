"""What asset definitions and the command line may import at their top."""

import subprocess
import sys

LIGHT = (
    "classification", "judged_runs", "platt", "order_metrics", "tied_order", "learned.lambdarank",
    "learned.network_file",
    "learned.rows", "learned.semantic_columns", "learned.settings", "learned.structural_inputs",
    "learned.train_network",
)  # fmt: skip


def test_metrics_and_learned_orders_are_imported_without_anything_heavy():
    modules = ", ".join(f"domain_ft.prioritization.{name}" for name in LIGHT)
    code = f"import sys, {modules}; print({{'torch', 'lightgbm', 'scipy', 'pandas', 'dagster'}} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "set()\n"
