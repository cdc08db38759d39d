"""The promises between the core and its plugins: all that a plugin's author has to read."""
