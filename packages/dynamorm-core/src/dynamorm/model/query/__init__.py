"""The query language: fields, conditions, key conditions, projections and updates."""
