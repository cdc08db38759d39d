"""The models that users write, with their tables and indexes, the query language, and the results of reads."""
