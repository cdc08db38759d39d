"""Typed models: fields are annotations in the body of a model, ``isbn: Mapped[str]``."""
