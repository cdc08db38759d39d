"""The contract between the core and its plugins: all that a plugin author has to read."""
