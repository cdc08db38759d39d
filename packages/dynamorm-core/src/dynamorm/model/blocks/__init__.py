"""Blocks that collect writes: batches and transactions."""
