"""Marshmallow schemas for DynamORM's models."""
