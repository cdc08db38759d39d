"""The methods that configure a read: each returns a new read, and leaves the one that it is called on unchanged."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from dynamorm.data.paths import Path
from dynamorm.data.positions import SegmentPositions
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import replace
from dynamorm.data.tables import IndexSpec
from dynamorm.data.values import normalise_item
from dynamorm.engine.plans.pages import NO_LIMITS, ReadLimits
from dynamorm.engine.plans.reports import check_callback
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue, MissingKey, RequestRejected, Unsupported
from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.query.operations import projection_of, unprojected
from dynamorm.model.reads.prefetch import prefetches
from dynamorm.model.reads.settings import InvalidItems, ReadSettings

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenPaths
    from dynamorm.model.reads.cursors import Secret

Model = TypeVar("Model")

#: The beginnings of the names of modules that configure reads.
_READS = ("dynamorm.model.reads.", "dynamorm.model.shared_tables.")


class ConfigurableRead(Generic[Model]):
    """The base of reads: their settings, and the methods that change them in a new read."""

    #: The line of the program that configured the read, until it is used or configured further.
    _unused_since: tuple[object, int] | None = None

    def __init__(self, settings: ReadSettings | None) -> None:
        self._configured = settings

    def limit(self, limit: int) -> Self:
        """Return at most *limit* items, counted after the filter.

        Raises:
            InvalidValue: *limit* is not a whole number, at least 1.
        """
        return self._limited(self._settings, limit=_whole_number(limit, "limit"))

    def page_size(self, size: int) -> Self:
        """Let each request look at *size* items, before the filter: DynamoDB's ``Limit``.

        By default, it follows from the ``limit()``; without one, a page is as large as DynamoDB allows, 1 MB
        ("Paginating table query results"). Raises ``InvalidValue`` for a *size* that is not a whole number above 0.
        """
        return self._limited(self._settings, page_size=_whole_number(size, "page size"))

    def start(self, last: Mapping[str, Any] | SegmentPositions | None) -> Self:
        """Start after the item with the key *last*, the ``last`` of an earlier read; ``None`` starts at the beginning.

        *last* has the key attributes of the table, and of the index that is read. Where a :class:`~dynamorm.Key`
        composes them, it may have the fields that they are composed of instead.

        Raises:
            InvalidKey: *last* is not a key of the table or index.
            MissingKey: *last* lacks a key attribute.
        """
        settings = self._settings
        if last is not None and not isinstance(last, (Mapping, SegmentPositions)):
            raise InvalidKey(
                f"A read of {settings.mapper.model_name} starts after a key, a dict by attribute name as in 'last', "
                f"not {type(last).__name__}."
            )
        if settings.mapper.composed is not None and isinstance(last, Mapping):
            from dynamorm.model.reads.composed_operations import starting_key  # deferred: start-up cost

            last = starting_key(settings.mapper, settings.operation.index, last)
        if isinstance(last, Mapping):
            _refuse_other_key(settings, last)
            last = normalise_item(last)
        return self._with(settings.starting_at(last))

    def after(self, cursor: str | None) -> Self:
        """Continue after an item, by its *cursor*; ``None``: start at the beginning.

        The read must be the same as the one that the cursor was made for: the same table or index, key condition,
        filter, direction and number of segments. The attributes that are read, and the limit, may differ. A read that
        is ``signed()`` accepts only signed cursors. A wrong cursor raises :class:`~dynamorm.exceptions.InvalidCursor`
        when the read begins, before anything is sent.
        """
        return self._changed(cursor=cursor, start=None)

    def signed(self, secret: Secret, *, context: str = "") -> Self:
        """Sign cursors with a *secret*, and accept only signed cursors.

        Signing (HMAC-SHA256) prevents anyone without the secret from making or changing cursors; it hides nothing.

        Args:
            secret: A string or bytes of at least 16 bytes. Of several secrets, the first one signs, and ``after()``
                accepts all of them, so that secrets can be rotated.
            context: A string such as the name of a tenant: only cursors that were signed for it are accepted.

        Raises:
            InvalidValue: A secret is too short.
        """
        from dynamorm.model.reads.cursors import parse_secrets  # deferred: start-up cost

        return self._with(self._settings._replace(secrets=parse_secrets(secret, context)))

    def consistent(self) -> Self:
        """Read consistently, at twice the cost. A global index raises :class:`~dynamorm.exceptions.Unsupported`."""
        settings = self._settings
        index = settings.mapper.table.index(settings.operation.index)
        if index is not None and index.kind == "global":
            raise Unsupported(
                f"The index '{index.name}' of '{settings.operation.table}' is a global index, which DynamoDB can't "
                "read consistently. Read the table, or a local index."
            )
        return self._with_operation(consistent=True)

    def specific_attributes(self, attrs: GivenPaths) -> Self:
        """Read only these attributes, as partial instances: field names, with dots for values below, or field paths.

        The key attributes are read too, for ``last``, but the instances have only what is named here.

        Args:
            attrs: A list of names or paths, ``["title", "place.city", Book.tags[0]]``, or a string, ``"isbn, title"``.

        Raises:
            InvalidSchemaField: The schema has no field of this name.
            RequestRejected: A global index does not hold an attribute.
        """
        settings = self._settings
        if settings.joins:
            raise DynaModelException(
                f"A joined read of {settings.mapper.model_name} reads whole items, as related instances have other "
                "attributes. Leave out specific_attributes() or joined()."
            )
        projection = projection_of(settings.mapper.fields, attrs)
        loaded = LoadedAttributes.of(projection)
        index = settings.mapper.table.index(settings.operation.index)
        parsed: tuple[str, ...] = ()
        if settings.mapper.composed is not None:
            from dynamorm.model.reads.composed_operations import parsed_attributes  # deferred: start-up cost

            parsed = parsed_attributes(settings.mapper, index, projection)
            projection = tuple(path for path in projection if path.attribute not in parsed)
        if index is not None and index.kind == "global":
            _refuse_unprojected(settings, index, projection)
        operation = replace(settings.operation, projection=projection)
        return self._changed(operation=operation, partial=True, loaded=loaded, parsed=parsed)

    def recursive(self) -> Self:
        """Return the same read. In DynamORM 0.11 it meant to read all pages, which every read does now."""
        return self._changed()

    def partial(self, partial: bool) -> Self:
        """Load items as partial instances, which may lack required fields; with ``False``, as complete ones."""
        return self._changed(partial=bool(partial))

    def invalid(self, invalid: InvalidItems) -> Self:
        """Decide what is done with an item that the schema refuses.

        Args:
            invalid: ``"raise"``, the default: raise its ``ValidationError``, and continue after it when more is
                requested. ``"skip"``: leave it out. A function: leave it out, and call ``function(item, error)`` with
                the item, a dict by attribute name, and the error.
        """
        settings = self._settings
        if not callable(invalid) and invalid not in ("raise", "skip"):
            raise InvalidValue("invalid() takes 'raise', 'skip', or a function of the item and its ValidationError.")
        return self._with(settings._replace(invalid=invalid))

    def unexpired(self, unexpired: bool = True) -> Self:
        """Leave out items that have expired when the read starts, as ``hide_expired`` does; ``False`` keeps them.

        Raises:
            DynaModelException: The model has no ``ttl``, or the index does not hold it.
            InvalidKey: A query reads by the ``ttl`` as its key.
        """
        settings = self._settings
        if unexpired:
            settings.mapper.table.without_expired(settings.operation)
        return self._changed(unexpired=bool(unexpired))

    def prefetch(self, *relationships: str) -> Self:
        """Load the related instances of a whole page with batch gets, for these to-one *relationships*.

        A relationship that does not use the primary key raises :class:`~dynamorm.exceptions.DynaModelException`.
        """
        settings = self._settings
        return self._changed(
            prefetches=(*settings.prefetches, *prefetches(settings.mapper, relationships, settings.origin))
        )

    def progress(self, callback: ProgressCallback | None) -> Self:
        """Call *callback* with a :class:`~dynamorm.progress.Progress`, first before anything is sent.

        It is called again when the items of a page were returned and more is requested, and for each page that
        ``count()`` counts; ``first()``, ``one()`` and ``exists()`` don't call it. What it raises ends the iteration,
        and ``again()`` continues after the last item that was returned. ``None`` removes it.

        Raises:
            DynaModelException: *callback* can't be called.
        """
        if callback is not None:
            check_callback(callback)
        return self._changed(progress=callback)

    # For subclasses

    @property
    def _settings(self) -> ReadSettings:
        """The settings of the read, which is about to be used."""
        self._unused_since = None
        if self._configured is None:
            self._configured = self._first_settings()
        return self._configured

    @property
    def _settings_to_display(self) -> ReadSettings:
        """The settings of the read for a table of its first items, which should not raise because of one of them."""
        return self._settings

    def _first_settings(self) -> ReadSettings:
        """Return the settings of a read that was created without any."""
        raise NotImplementedError

    def _with(self, settings: ReadSettings) -> Self:
        """Return a read with other *settings*."""
        read = type(self).__new__(type(self))
        read.__dict__.update(self.__dict__)
        read._configured = settings
        read._forget_iterations()
        read._unused_since = _calling_line()
        return read

    def _changed(self, **changes: Any) -> Self:
        return self._with(self._settings._replace(**changes))

    def _with_operation(self, **changes: Any) -> Self:
        return self._changed(operation=replace(self._settings.operation, **changes))

    def _limited(self, settings: ReadSettings, **changes: Any) -> Self:
        # They take the place of 0.11's parameter Limit.
        limits = NO_LIMITS if settings.limits.single_page else settings.limits
        return self._with(settings._replace(limits=limits._replace(**changes)))

    def _forget_iterations(self) -> None:
        """Remove what belongs to iterations, from a read that was copied from another one."""

    def _with_parameter(self, name: str, value: Any) -> Self:
        """Return a read with one of boto3's request parameters, which DynamORM 0.11 passed on."""
        if name == "Limit":
            return self._changed(limits=ReadLimits(page_size=_whole_number(value, "limit"), single_page=True))
        if name == "ExclusiveStartKey":
            return self.start(value)
        if name == "ConsistentRead":
            return self.consistent() if value else self
        raise DynaModelException(
            f"The request parameter '{name}' is not supported here, only Limit, ExclusiveStartKey, ConsistentRead "
            "and (for queries) ScanIndexForward. For the rest, use the arguments and the methods of this read."
        )

    def __del__(self) -> None:
        # Only where the result was ignored. A read that a program kept, and did not need in the end, is fine.
        if self._unused_since is not None and self._unused_since == _calling_line():
            warnings.warn(
                "A read was configured, and the result ignored. Its methods return a new read instead of changing the "
                "one that they are called on: write read = read.limit(10).",
                RuntimeWarning,
                stacklevel=2,
            )


def _refuse_other_key(settings: ReadSettings, last: Mapping[str, Any]) -> None:
    """Raise if the key *last* lacks an attribute of the keys that are read, or has another one."""
    keys = settings.keys
    missing = [name for name in keys if name not in last]
    others = [repr(name) for name in last if name not in keys]
    if missing:
        raise MissingKey(
            f"A read of {settings.mapper.model_name} starts after a whole key, which is {' and '.join(keys)}; "
            f"{' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not given."
        )
    if others:
        raise InvalidKey(
            f"A read of {settings.mapper.model_name} starts after a key, which is {' and '.join(keys)}, without "
            f"{' and '.join(others)}."
        )


def _refuse_unprojected(settings: ReadSettings, index: IndexSpec, projection: Iterable[Path]) -> None:
    table = settings.mapper.table
    missing = unprojected(table.spec, index, (path.attribute for path in projection))
    if missing:
        raise RequestRejected(
            f"The index '{index.name}' of '{settings.operation.table}' does not hold "
            f"{' and '.join(map(repr, missing))}. Read other attributes, read the table, or add the attribute to the "
            "projection of the index."
        )


def _calling_line() -> tuple[object, int] | None:
    """Return the line of the program that is executed, as its code and its number."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith(_READS):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return frame.f_code, frame.f_lineno


def _whole_number(number: object, what: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InvalidValue(f"A {what} must be a whole number, at least 1.")
    return number
