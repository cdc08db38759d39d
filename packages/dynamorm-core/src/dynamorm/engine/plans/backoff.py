"""Backoff: the pauses between retries, and when to give up."""

from __future__ import annotations

from dynamorm.engine.plans.steps import Sleep

#: How many tries in a row may make no progress.
TRIES = 8
#: The longest pause before the first retry, and before any retry, in seconds.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


class Backoff:
    """Exponential backoff with full jitter, bounded: "Error retries and exponential backoff in AWS".

    ``tries`` is the number of tries, ``without_progress`` how many of the last ones in a row made no progress, and
    ``seconds`` the total of the pauses.
    """

    def __init__(self) -> None:
        self.tries = 0
        self.without_progress = 0
        self.seconds = 0.0

    def pause(self, *, progress: bool = False) -> Sleep | None:
        """Return the pause before the next try, after one with or without *progress*; ``None`` to give up."""
        self.tries += 1
        self.without_progress = 0 if progress else self.without_progress + 1
        if self.without_progress >= TRIES:
            return None
        import random  # deferred: start-up cost

        pause = Sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.without_progress)))
        self.seconds += pause.seconds
        return pause

    def __str__(self) -> str:
        """Describe the tries, for the final error."""
        return f"tried {self.tries} times, with pauses of {self.seconds:.1f} seconds in all"
