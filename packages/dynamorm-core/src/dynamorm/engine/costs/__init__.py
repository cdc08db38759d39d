"""The costs of operations: minimums, estimates, warnings and explanations, before anything is sent."""
