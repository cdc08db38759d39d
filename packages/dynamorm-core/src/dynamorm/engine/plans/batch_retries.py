"""What becomes of a batch: rounds of requests, pauses between them, and the error in the end that tells what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from dynamorm.engine.plans.backoff import TRIES, Backoff
from dynamorm.engine.plans.steps import Sleep
from dynamorm.exceptions import DynamoException, Throttled, UnprocessedItems


class BatchRounds:
    """The rounds of one batch, each of several requests at once.

    *kind* says in errors what is done, ``"writes"`` or ``"reads"``, and *total* is how many there are.
    """

    def __init__(self, kind: str, total: int) -> None:
        self._kind = kind
        self._total = total
        self._backoff = Backoff()
        self._started = monotonic()

    def pause(
        self, outcomes: Sequence[Any], *, sent: int, left: int, unprocessed: Callable[[], tuple[Any, ...]]
    ) -> Sleep | None:
        """The pause after a round that *sent* so many, of which so many are *left*; ``None`` when nothing is.

        *outcomes* are the results and failures of its requests. One that was throttled has simply done nothing. Raises any other
        failure, and :class:`~dynamorm.exceptions.UnprocessedItems` when nothing was done several times in a row; both
        with what is *unprocessed*.
        """
        failures = [outcome for outcome in outcomes if isinstance(outcome, DynamoException)]
        lasting = [failure for failure in failures if not isinstance(failure, Throttled)]
        if lasting:
            raise self._failed(lasting, unprocessed())
        if not left:
            return None
        pause = self._backoff.pause(progress=left < sent)
        if pause is None:
            raise self._given_up(unprocessed()) from next(iter(failures), None)
        return pause

    def _failed(self, failures: Sequence[DynamoException], unprocessed: tuple[Any, ...]) -> DynamoException:
        """The first of the *failures*, which now says what it kept from being done."""
        failure = failures[0]
        failure.unprocessed = unprocessed
        failure.add_note(
            f"{self._left_of(unprocessed)} were not done, or are not known to be: they stand in the attribute 'unprocessed' of this "
            "exception. To do them once more does no harm: each is about a whole item."
        )
        for kind in dict.fromkeys(type(other).__name__ for other in failures[1:]):
            failure.add_note(f"Other requests that were sent at the same time failed too, with {kind}.")
        return failure

    def _given_up(self, unprocessed: tuple[Any, ...]) -> UnprocessedItems:
        seconds = monotonic() - self._started
        return UnprocessedItems(
            f"{self._left_of(unprocessed)} are left over: the service did none of them {TRIES} times in a row. The batch was "
            f"tried {self._backoff.tries} times, in {seconds:.1f} seconds; what is left stands in the attribute 'unprocessed'. Its "
            "table or an index has too little capacity for this rate.",
            unprocessed,
            self._backoff.tries,
            seconds,
        )

    def _left_of(self, unprocessed: tuple[Any, ...]) -> str:
        left = sum(len(each.keys) if self._kind == "reads" else 1 for each in unprocessed)
        return f"{left:,} of the {self._total:,} {self._kind} of a batch"
