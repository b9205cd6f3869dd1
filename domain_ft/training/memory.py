"""Running out of memory, as the libraries say it and as a person should hear it."""

_SAID = ("out of memory", "can't allocate memory", "cannot allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of torch, of a GPU library or of Python says that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words.lower() in str(error).lower() for words in _SAID)


def out_of_memory_sentence(batch_size: int) -> str:
    """What to do about it."""
    if batch_size == 1:
        return "memory ran out at batch_size 1; try a smaller max_seq_length, freeze_layers, or a smaller base_model"
    return (
        f"memory ran out at batch_size {batch_size}; try batch_size {batch_size // 2} with twice the "
        "gradient_accumulation_steps, a smaller max_seq_length, freeze_layers, or auto_batch_size"
    )
