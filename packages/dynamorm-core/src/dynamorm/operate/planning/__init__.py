"""``plan`` and ``apply``: how live tables differ from models, and the changes that bring them there."""
