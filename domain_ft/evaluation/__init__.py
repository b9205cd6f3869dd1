"""Is the new model better? Retrieval metrics, BM25, statistics, the verdict, and the report that shows them."""
