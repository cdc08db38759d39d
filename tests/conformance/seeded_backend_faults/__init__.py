"""Seeded faults of backends: plausible mistakes of somebody who writes one, each with the tests that can catch it."""
