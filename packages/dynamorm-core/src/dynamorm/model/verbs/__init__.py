"""Verbs: one plan each, which is the only place where the verb is told, and the drivers that run them."""
