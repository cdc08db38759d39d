"""Schematics schemas for DynamORM's models."""
