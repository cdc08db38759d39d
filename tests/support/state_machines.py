"""State machines of Hypothesis: how many programs of how many steps are run, and counted."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

from tests.support.counts import COUNTS


def run_programs(machine: type[RuleBasedStateMachine], programs: int, steps: int, seed: int | None = None) -> None:
    """Run so many random *programs* of a state *machine*, with so many *steps* at most. Without a *seed*, always the same.

    A failure is reported immediately: to shrink one takes minutes.
    """

    def teardown(program: RuleBasedStateMachine) -> None:
        machine.teardown(program)
        COUNTS["programs of a state machine"] += 1

    counted = type(machine.__name__, (machine,), {"count_step": invariant()(_count_step), "teardown": teardown})
    run_state_machine_as_test(
        counted if seed is None else seeded(seed)(counted),
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=seed is None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def _count_step(_: RuleBasedStateMachine) -> None:
    COUNTS["steps"] += 1
