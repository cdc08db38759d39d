"""How long to wait before something is tried again, and when to give up."""

from __future__ import annotations

from dynamorm.engine.plans.steps import Sleep

#: How often in a row something is tried in vain.
TRIES = 8
#: The longest pause before the first repetition and before any, in seconds.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


class Backoff:
    """Exponential backoff with full jitter, bounded: "Error retries and exponential backoff in AWS".

    ``tries`` is how often it was tried, ``fruitless`` how often in a row in vain, and ``seconds`` how long was waited between.
    """

    def __init__(self) -> None:
        self.tries = 0
        self.fruitless = 0
        self.seconds = 0.0

    def pause(self, *, progress: bool = False) -> Sleep | None:
        """The pause before the next try, after one that made some *progress* or none; ``None`` when it is time to give up."""
        self.tries += 1
        self.fruitless = 0 if progress else self.fruitless + 1
        if self.fruitless >= TRIES:
            return None
        # Imported here because few programs ever wait, and each would pay for it when it starts.
        import random

        pause = Sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.fruitless)))
        self.seconds += pause.seconds
        return pause

    def __str__(self) -> str:
        """How it went, for the error in the end."""
        return f"tried {self.tries} times, with pauses of {self.seconds:.1f} seconds in all"
