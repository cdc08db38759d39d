"""Relationships between models."""
