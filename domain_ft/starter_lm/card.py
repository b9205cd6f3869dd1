"""The card of a starter base model: what it is, and above all what it is not."""

from domain_ft.starter_lm.recipe import Recipe

DEMONSTRATION = (
    "This is a demonstration model: it lets LoRA training, evaluation and delivery be tried without a network. "
    "It knows nothing of the world, and no answer of it is fit for use."
)


def starter_card(recipe: Recipe, parameters: int, tokens: int, loss: float) -> str:
    """The README.md of its folder."""
    return "\n\n".join([
        _FRONT_MATTER,
        f"# starter-{recipe.size}",
        f"**{DEMONSTRATION}**",
        f"A Llama of {parameters:,} parameters ({recipe.layers} layers of {recipe.hidden}, {recipe.heads} heads, tied "
        f"embeddings, float32) with a byte-level BPE tokenizer of its own. It was trained from random weights on "
        f"{tokens:,} tokens in {recipe.steps:,} steps; its last loss was {loss:.3f}.",
        "## What it has read",
        "Text that this project generates: notes, lists, YAML, and questions with their answers about made-up "
        "products. It has seen the words and the sentences of the packaged grammar of concepts, but about no product "
        "that the grammar makes, and never in the form that adapters are trained on: its YAML has other keys and ids.",
        "## Limits",
        f"- It reads at most {recipe.positions:,} tokens, and was trained on texts of at most "
        f"{max(stage.length for stage in recipe.stages):,}.\n"
        "- It knows only English sentences of this one kind, and copies what the question says.\n"
        f"- Seed {recipe.seed}; every figure of the recipe stands in `manifest.json`.",
    ]) + "\n"  # fmt: skip


_FRONT_MATTER = (
    "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags:\n- llama\n- demonstration\n- domain_ft\n---"
)
