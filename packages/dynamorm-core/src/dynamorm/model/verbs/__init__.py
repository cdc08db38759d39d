"""Verbs: one plan each, which is the only description of the verb, and the drivers that run the plans."""
