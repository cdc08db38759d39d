"""The verbs: plans say which operations to make, runners make them."""
