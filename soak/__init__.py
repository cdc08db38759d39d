"""The tests that work with chance, run for as long as one likes: ``hatch run soak --minutes 60``.

CI runs the same code for seconds. Each part consists of rounds, each of which has a seed of its own.
"""
