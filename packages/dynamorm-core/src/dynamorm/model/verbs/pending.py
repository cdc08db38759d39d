"""Writes that a block collects: each is a plan that is paused at its write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from dynamorm.data.records import record
from dynamorm.engine.plans.steps import Plan, Step
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import Home, is_elsewhere
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.mapping.unconfirmed import note_failure
from dynamorm.model.verbs.drivers import drive_to_write


@record
class PendingWrite:
    """A write to send with others on a *connection*, and the plan of the verb, which continues when it was written.

    *instance* is the one whose item it writes, if there is one.
    """

    model_name: str
    connection: Connection
    write: Write
    plan: Plan[object]
    instance: StoredInstance | None = None

    def note_failure(self, error: BaseException) -> None:
        """Note that the write has ended with an *error*."""
        if self.instance is not None:
            note_failure(self.instance, self.write.operation, error)


def begin(
    what: StoredInstance | type[StoredInstance], plan: Plan[object], *, awaited: bool = False
) -> PendingWrite | None:
    """Run the *plan* of a verb of an instance or a model up to its write; return ``None`` when it has nothing to write.

    This raises what the verb raises before its write, and sends the signals before it. *awaited* says whether the rest
    of the plan will be.
    """
    write = drive_to_write(plan, awaited=awaited)
    if write is None:
        return None
    return pending_write(what, what._mapper.model_name, write, plan)


def pending_write(
    what: StoredInstance | type[StoredInstance], model_name: str, write: Write, plan: Plan[object]
) -> PendingWrite:
    """Return the *write* at which the *plan* of a verb of an instance or a model is paused."""
    if not isinstance(what, StoredInstance):
        return PendingWrite(model_name, what._mapper.table.connection(), write, plan)
    # What becomes of a copy elsewhere is of no concern to the instance.
    return PendingWrite(model_name, Home(what).connection(), write, plan, None if is_elsewhere(what) else what)


def nothing_left() -> Plan[None]:
    """Return the rest of a plan that another write continues."""
    yield from ()


def complete(written: Sequence[PendingWrite], failure: BaseException | None = None) -> Plan[None]:
    """Run the plans of the writes that were *written* to their ends.

    All instances are updated before the first signal is sent, so that they are up to date even if a receiver raises,
    and the signals of all of them are sent even then. What receivers raise is added to the *failure* of the block. If
    there is none, the first of them is raised.
    """
    unfinished: list[tuple[Plan[object], Step]] = []
    for pending in written:
        with suppress(StopIteration):
            unfinished.append((pending.plan, pending.plan.send(None)))
    raised: list[Exception] = []
    try:
        for plan, first in unfinished:
            step: Step | None = first
            try:
                while step is not None:
                    yield step
                    step = next(plan, None)
            except Exception as error:  # noqa: BLE001 - raised when the others have been told
                raised.append(error)
    except GeneratorExit:
        raise
    except BaseException as interrupt:
        _add_errors(interrupt, raised)
        raise
    if failure is not None:
        _add_errors(failure, raised)
    elif raised:
        _add_errors(raised[0], raised[1:])
        raise raised[0]


def _add_errors(failure: BaseException, errors: Sequence[Exception]) -> None:
    """Add the *errors* of receivers to a *failure*: their names in a note, and they themselves where it began."""
    if not errors:
        return
    kinds = ", ".join(dict.fromkeys(type(error).__qualname__ for error in errors))
    failure.add_note(f"After what was written, receivers raised: {kinds}.")
    chain = [failure]
    while (earlier := chain[-1].__cause__ or chain[-1].__context__) is not None and not _holds(chain, earlier):
        chain.append(earlier)
    for error in errors:
        if error.__context__ is not None and _holds(chain, error.__context__):
            # Else the chain would be a ring.
            error.__context__ = None
    chain[-1].__context__ = errors[0] if len(errors) == 1 else ExceptionGroup("errors of receivers", errors)


def _holds(errors: Sequence[BaseException], sought: BaseException) -> bool:
    return any(each is sought for each in errors)


def mapper_of(what: Any, block_name: str) -> Mapper:
    """Return the mapper of an instance or a model that was given to a batch or a transaction.

    *block_name* names that in errors. Raises :class:`~dynamorm.exceptions.DynaModelException` for anything else.
    """
    is_model = isinstance(what, type) and issubclass(what, StoredInstance)
    if not (is_model or isinstance(what, StoredInstance)):
        raise DynaModelException(
            f"{block_name} takes an instance, or a model with an item or a key, as in put(Book, {{…}}) and "
            f"delete(Book, isbn=…), not {type(what).__name__}."
        )
    mapper: Mapper = what._mapper
    return mapper


def refuse_extra(instance: StoredInstance, extra: object) -> None:
    """Raise ``DynaModelException`` if an item or a key was given besides an *instance*."""
    if extra is not None:
        raise DynaModelException(
            f"An instance of {type(instance).__name__} is given alone; pass values and keys with the model."
        )


def refuse_fields(what: StoredInstance | type[StoredInstance], block_name: str, fields: Mapping[str, object]) -> None:
    """Raise ``DynaModelException`` if a put of a block, which *block_name* names, was given *fields* by name."""
    if fields:
        model = type(what) if isinstance(what, StoredInstance) else what
        raise DynaModelException(
            f"put of {block_name} has no argument '{next(iter(fields))}'. It takes an instance, or an item as a dict "
            f"by field name: put({model.__name__}, {{'{model._mapper.key_fields[0]}': …}})."
        )


def check_instance(model: type[StoredInstance], instance: StoredInstance) -> None:
    """Raise ``DynaModelException`` if an *instance* is not one of a *model*, or has a table of its own."""
    own, table = instance._mapper.table, model._mapper.table
    is_shared = own is table or (own.kinds is not None and own.kinds is table.kinds)
    if isinstance(instance, model) and is_shared:
        return
    name, other = model.__name__, type(instance).__name__
    advice = f"Use save() of the instance, or put of {other}."
    if not is_shared:
        advice = f"Its table is another one: to make a {name} of it, pass its values, {name}(**values)."
    raise DynaModelException(
        f"put of {name} takes a dict by field name or an instance of {name}, and not one of {other}. {advice}"
    )


def two_backends_error(model_name: str, other: str) -> DynaModelException:
    """Return the exception for a transaction of two models that use two backends."""
    return DynaModelException(
        f"{model_name} and {other} use two backends, and a transaction can't span both. Make one transaction for each."
    )
