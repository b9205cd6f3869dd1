"""Everything that touches the disk for keeps: digests, manifests, atomic publishing, roots, pointers, caches."""
