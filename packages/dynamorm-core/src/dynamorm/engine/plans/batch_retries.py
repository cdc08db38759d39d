"""The rounds of a batch: pauses between rounds of requests, and the final error with the unprocessed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from dynamorm.engine.plans.backoff import TRIES, Backoff
from dynamorm.engine.plans.steps import Sleep
from dynamorm.exceptions import DynamoException, Throttled, UnprocessedItems


class BatchRounds:
    """The rounds of one batch, each of several requests in parallel.

    *kind* is ``"writes"`` or ``"reads"``, for errors, and *total* is their number.
    """

    def __init__(self, kind: str, total: int) -> None:
        self._kind = kind
        self._total = total
        self._backoff = Backoff()
        self._started = monotonic()

    def pause(
        self, outcomes: Sequence[Any], *, sent: int, remaining: int, unprocessed: Callable[[], tuple[Any, ...]]
    ) -> Sleep | None:
        """Return the pause after a round; ``None`` when nothing is *remaining*.

        *outcomes* are the results and failures of its requests, and *sent* is the number of items sent. A throttled
        request counts as unprocessed. Any other failure is raised, and so is
        :class:`~dynamorm.exceptions.UnprocessedItems` after several rounds without progress; both have the requests
        that *unprocessed* returns.
        """
        failures = [outcome for outcome in outcomes if isinstance(outcome, DynamoException)]
        permanent = [failure for failure in failures if not isinstance(failure, Throttled)]
        if permanent:
            raise self._failure(permanent, unprocessed())
        if not remaining:
            return None
        pause = self._backoff.pause(progress=remaining < sent)
        if pause is None:
            cause = next(iter(failures), None)
            raise self._out_of_retries(unprocessed(), cause) from cause
        return pause

    def interrupted(self, interrupt: BaseException, unprocessed: tuple[Any, ...]) -> None:
        """Add the *unprocessed* requests to the *interrupt* that ends the batch, such as a ``KeyboardInterrupt``.

        A plan that is only closed has a ``GeneratorExit``, which nobody sees.
        """
        if not isinstance(interrupt, GeneratorExit):
            self._add(interrupt, unprocessed)

    def _failure(self, failures: Sequence[DynamoException], unprocessed: tuple[Any, ...]) -> DynamoException:
        """Return the first of the *failures*, with the *unprocessed* requests added to it."""
        failure = failures[0]
        self._add(failure, unprocessed)
        for kind in dict.fromkeys(type(other).__name__ for other in failures[1:]):
            failure.add_note(f"Other requests that were sent at the same time failed too, with {kind}.")
        return failure

    def _add(self, error: BaseException, unprocessed: tuple[Any, ...]) -> None:
        error.unprocessed = unprocessed  # type: ignore[attr-defined]
        if not unprocessed:
            error.add_note("The whole batch was completed before this was raised.")
            return
        error.add_note(
            f"{self._count_of(unprocessed)} were not made, or it is not known whether they were. They are in the "
            "attribute 'unprocessed' of this exception, and can safely be repeated, because each is about a whole item."
        )

    def _out_of_retries(self, unprocessed: tuple[Any, ...], cause: DynamoException | None) -> UnprocessedItems:
        seconds = monotonic() - self._started
        advice = "The table or an index has too little capacity for this rate."
        if isinstance(cause, Throttled) and cause.reasons:
            advice = f"The last request was throttled: {cause}"
        return UnprocessedItems(
            f"{self._count_of(unprocessed)} are unprocessed: the service processed none of them {TRIES} times in a "
            f"row. The batch was tried {self._backoff.tries} times, in {seconds:.1f} seconds; the rest is in the "
            f"attribute 'unprocessed'. {advice}",
            unprocessed,
            self._backoff.tries,
            seconds,
        )

    def _count_of(self, unprocessed: tuple[Any, ...]) -> str:
        count = sum(len(each.keys) if self._kind == "reads" else 1 for each in unprocessed)
        return f"{count:,} of the {self._total:,} {self._kind} of a batch"
