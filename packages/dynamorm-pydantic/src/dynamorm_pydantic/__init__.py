"""Pydantic schemas for DynamORM's models."""
