"""Queries and scans: lazy reads, pages, cursors and prefetching."""
