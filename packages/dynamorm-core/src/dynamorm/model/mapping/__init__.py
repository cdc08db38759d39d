"""The conversion between the values of a model's instances and the items of its table."""
