"""What users write: models, their tables and indexes, the query language, and what reads give."""
