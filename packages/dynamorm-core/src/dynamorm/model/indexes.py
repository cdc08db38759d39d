"""Secondary indexes as a model's inner classes, and their projections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, cast, overload

from dynamorm.data import limits
from dynamorm.data.tables import IndexKind, IndexSpec, KeyAttribute, ProjectionSpec
from dynamorm.exceptions import DynaModelException, MissingTableAttribute, UnknownAttribute
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.mapping.loading import Loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.names import AbstractAttribute
from dynamorm.model.query.arguments import request_parameters
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.operations import query_of, scan_of
from dynamorm.model.table.index_settings import IndexSettings, KeySettings
from dynamorm.model.table.keys import (
    HASH_ATTRIBUTE,
    capitalized,
    key_attribute,
    key_setting_attribute,
    named_fields,
    one_field,
    range_attribute,
    refuse_invalid_name,
    refuse_repeated,
    required_setting,
    several_fields,
)
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.table.projections import ProjectAll, ProjectInclude, Projection
from dynamorm.model.table.table_settings import refuse_unknown_settings, refuse_unknown_words
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from dynamorm.model.reads.collections import CollectionQuery, CollectionScan
    from dynamorm.model.reads.reads import QueryIterator
    from dynamorm.model.reads.scans import ScanIterator

    #: The model of an index class, which may be left out: ``GlobalIndex["Book"]`` or ``GlobalIndex``.
    Model = TypeVar("Model", default=Any)
    Owner = TypeVar("Owner")
else:
    from typing import TypeVar

    Model = TypeVar("Model")


class BoundIndex(type):
    """The metaclass of the index classes of a model that is defined: their settings are fixed."""

    if TYPE_CHECKING:
        name: str
        _mapper: Mapper

    def __setattr__(cls, name: str, value: object) -> None:
        """Set an attribute; raise :class:`~dynamorm.exceptions.DynaModelException` for a setting."""
        if name in SETTINGS:
            raise DynaModelException(
                f"The {name} of the index {cls.__name__} is fixed when its model is defined, and assigning to it would "
                "change nothing. Write a model that inherits from the index's, with a Table and an index of its own."
            )
        super().__setattr__(name, value)

    def __repr__(cls) -> str:
        key = ", ".join(f"{each}={field!r}" for each in ("hash_key", "range_key") if (field := getattr(cls, each)))
        return f"<{cls.__name__}, the index '{cls.name}' of {cls._mapper.model_name}: {key}>"

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> object:
            """Say what is to be used for an attribute that the indexes of 0.11 had, or those of other libraries."""
            meant = FORMER.get(name, "") or _QUERY_INSTEAD.get(name, "").format(cls.__name__)
            raise UnknownAttribute(f"The index {cls.__name__} has no attribute '{name}'.{meant}")


#: What to use for the attributes of 0.11's indexes.
FORMER = {
    "index": " 0.11's 'index' is this class itself, with name, hash_key, range_key, projection and spec.",
    "model": " Name the model itself: an index is an attribute of its model.",
}
#: What to use for the names that other libraries have.
_QUERY_INSTEAD = {
    **dict.fromkeys(("get", "get_item"), " DynamoDB gets items from the table only. Use {}.query(…).first()."),
    **dict.fromkeys(("filter", "all", "objects", "where", "select"), " Use {0}.query(…) or {0}.scan(…)."),
    "count": " Use {}.query(…).count().",
    "first": " Use {}.query(…).first().",
    "acount": " Use await {}.query(…).acount().",
    **dict.fromkeys(("afirst", "aget"), " Use await {}.query(…).afirst()."),
    **dict.fromkeys(("aquery", "ascan"), " A read is no coroutine: async for each in {}.query(…)."),
    **dict.fromkeys(("put", "save", "update", "delete"), " Write to the table: DynamoDB keeps its indexes up to date."),
}
#: The settings of an index class.
SETTINGS = ("name", "hash_key", "range_key", "read", "write", "projection", "only_if")


class Index(Generic[Model]):
    """The base of :class:`GlobalIndex` and :class:`LocalIndex`.

    An inner class in a model's body is bound to the model when that is defined, and then queries and scans the index.
    """

    kind: ClassVar[IndexKind]

    name: str
    hash_key: str | Sequence[str] | Key
    range_key: str | Sequence[str] | Key | None = None
    read: int | None = None
    write: int | None = None
    projection: Projection
    #: The condition under which an item is in the index, whose key a :class:`~dynamorm.Key` composes.
    only_if: Expression | None = None

    #: The index as the model describes it.
    spec: ClassVar[IndexSpec]

    _mapper: ClassVar[Mapper] = cast("Mapper", AbstractAttribute())
    _load: ClassVar[Loader[Any]] = cast("Loader[Any]", AbstractAttribute())

    if TYPE_CHECKING:

        def __init__(
            self,
            name: str,
            *,
            hash_key: str | Sequence[str] | Key,
            range_key: str | Sequence[str] | Key | None = None,
            projection: Projection,
            read: int | None = None,
            write: int | None = None,
            only_if: Expression | None = None,
        ) -> None:
            """Describe the index as a value in the model's body, instead of a class."""

        def __get__(self, instance: object | None, owner: type[Owner]) -> IndexOf[Owner]: ...

    else:

        def __init__(
            self,
            name: str = "",
            *,
            hash_key: str | Sequence[str] | Key = "",
            range_key: str | Sequence[str] | Key | None = None,
            read: int | None = None,
            write: int | None = None,
            projection: Projection | None = None,
            only_if: Expression | None = None,
            **unknown: object,
        ) -> None:
            """Describe the index as a value in the model's body, instead of a class.

            ``by_author = GlobalIndex("by-author", hash_key="author", projection=ProjectAll())``

            Raises:
                DynaModelException: A setting is missing or unknown.
            """
            kind = type(self).__name__
            if not isinstance(name, str) or not name:
                raise DynaModelException(
                    f"A {kind} in the body of a model has a name: by_author = {kind}('by-author', hash_key='author', "
                    f"projection=ProjectAll()). Or write class ByAuthor({kind})."
                )
            refuse_unknown_words(unknown, SETTINGS, f"the index '{name}'")
            given: dict[str, object] = {"hash_key": hash_key, "range_key": range_key, "read": read, "write": write}
            given |= {"projection": projection, "only_if": only_if}
            self.name = name
            vars(self).update({setting: value for setting, value in given.items() if value not in ("", None)})

    def as_class(self, name: str, module: str) -> type[Index]:
        """Return the index as a class, which a model binds; *name* is its name in the model's body."""
        return type(name, (type(self),), {"__module__": module, "__doc__": type(self).__doc__, **vars(self)})

    @classmethod
    def bound(cls, layout: TableLayout) -> type[Self]:
        """Return this index, bound to the model whose table has this *layout*."""
        attributes = {"__doc__": cls.__doc__, "spec": layout.index(cls.name)}
        if isinstance(cls, BoundIndex):
            return cast("type[Self]", type.__new__(type(cls), cls.__name__, (cls,), attributes))
        return cast("type[Self]", BoundIndex(cls.__name__, (cls,), attributes))

    if TYPE_CHECKING:
        # Several models are read through an index of a shared table.

        @overload
        @classmethod
        def query(
            cls, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> QueryIterator[Model]: ...
        @overload
        @classmethod
        def query(
            cls, /, *models: type[Owner] | Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> CollectionQuery[Owner]: ...
        @classmethod
        def query(cls, /, *given: Any, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
            """Query the items with one hash key of this index."""

        @overload
        @classmethod
        def scan(
            cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> ScanIterator[Model]: ...
        @overload
        @classmethod
        def scan(
            cls, /, *models: type[Owner] | Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> CollectionScan[Owner]: ...
        @classmethod
        def scan(cls, /, *given: Any, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
            """Scan all items of this index."""

    else:

        @classmethod
        def query(
            cls, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> QueryIterator[Model]:
            """Query the items with one hash key of this index, lazily, in the order of its range key.

            Arguments and errors are those of :meth:`DynaModel.query <dynamorm.DynaModel.query>`. Instances are partial
            unless the index projects all attributes.
            """
            parameters = request_parameters(query_kwargs, "query_kwargs", "{'Limit': 10}")
            query = query_of(cls._mapper, cls.spec, expressions, lookups)
            from dynamorm.model.reads.reads import QueryIterator  # deferred: start-up cost

            return QueryIterator(cls._mapper, cls._load, query, parameters, partial=cls.projection.partial)

        @classmethod
        def scan(
            cls, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> ScanIterator[Model]:
            """Scan all items of this index, lazily.

            Arguments and errors are those of :meth:`DynaModel.scan <dynamorm.DynaModel.scan>`. Instances are partial
            unless the index projects all attributes.
            """
            parameters = request_parameters(scan_kwargs, "scan_kwargs", "{'Limit': 10}")
            scan = scan_of(cls._mapper, cls.spec, expressions, lookups)
            from dynamorm.model.reads.scans import ScanIterator  # deferred: start-up cost

            return ScanIterator(cls._mapper, cls._load, scan, parameters, partial=cls.projection.partial)


if TYPE_CHECKING:

    class IndexOf(Generic[Model]):
        """An index that was described in one expression, as type checkers see it on its model."""

        name: str
        hash_key: str | Sequence[str] | Key
        range_key: str | Sequence[str] | Key | None
        read: int | None
        write: int | None
        projection: Projection
        only_if: Expression | None
        spec: IndexSpec

        def query(
            self, /, *expressions: Expression, query_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> QueryIterator[Model]:
            """Query the items with one hash key of this index; see ``DynaModel.query``."""

        def scan(
            self, /, *expressions: Expression, scan_kwargs: Mapping[str, Any] | None = None, **lookups: Any
        ) -> ScanIterator[Model]:
            """Scan all items of this index; see ``DynaModel.scan``."""


class GlobalIndex(Index[Model]):
    """A global secondary index: any key, its own capacity, eventually consistent.

    ``name``, ``hash_key`` and ``projection`` are required, ``range_key`` is optional; ``read`` and ``write`` are
    required if the table has them.

    ``hash_key`` and ``range_key`` may each be a list of up to four fields: ``hash_key = ["tenant", "region"]``. A query
    gives each field of the hash key, and fields of the range key from the left; see "Multi-attribute keys pattern".
    """

    kind = "global"


class LocalIndex(Index[Model]):
    """A local secondary index: the table's hash key with another range key.

    ``name``, ``hash_key`` (the table's), ``range_key`` and ``projection`` are required.
    """

    kind = "local"


def index_settings(
    model_name: str, index: type[Index], adapter: SchemaAdapter, table_hash_key: str | Key, *, unordered: bool
) -> IndexSettings:
    """Return the settings of an inner index class of a model, whose table may allow *unordered* range keys.

    Raises :class:`~dynamorm.exceptions.MissingTableAttribute`, :class:`~dynamorm.exceptions.InvalidSchemaField`, or
    :class:`~dynamorm.exceptions.InvalidKey`.
    """
    label = f"the index {index.__name__} of {model_name}"
    base = next(each for each in index.__mro__ if each.__bases__ == (Index,))
    refuse_unknown_settings(index, base, SETTINGS, label)
    name = required_setting(index, "name", label)
    refuse_invalid_name(name, label)
    hash_key, range_key = _key_fields(index, label)
    projection = getattr(index, "projection", None)
    if isinstance(projection, type) and issubclass(projection, Projection):
        raise MissingTableAttribute(f"The 'projection' of {label} is a class; write {projection.__name__}().")
    if not isinstance(projection, Projection):
        raise MissingTableAttribute(
            f"{capitalized(label)} needs a 'projection': ProjectAll(), ProjectKeys() or ProjectInclude(…)."
        )
    hash_attributes = tuple(_hash_attribute(adapter, each, label, index.kind, table_hash_key) for each in hash_key)
    if index.kind == "local" and (not range_key or not _are_same(hash_key[0], table_hash_key)):
        raise MissingTableAttribute(
            f"{capitalized(label)} is local, so it needs the table's hash key '{table_hash_key}' as its own, and a "
            "'range_key'. An index with another hash key is a GlobalIndex."
        )
    spec = IndexSpec(
        name,
        index.kind,
        hash_attributes,
        tuple(_range_attribute(adapter, each, label, unordered=unordered) for each in range_key),
        _projection_spec(projection, adapter),
    )
    settings = KeySettings(name, label, spec, index.hash_key, index.range_key, index.only_if)
    if index.only_if is not None and not settings.has_template:
        raise DynaModelException(
            f"{capitalized(label)} has 'only_if', which needs a key that a Key composes: an item is in the index of a "
            "field whenever it has the field."
        )
    return IndexSettings(spec, index.read, index.write, settings)


def _are_same(given: str | Key, other: str | Key) -> bool:
    if isinstance(given, Key) and isinstance(other, Key):
        return given.template == other.template
    return given == other


def _hash_attribute(
    adapter: SchemaAdapter, given: str | Key, label: str, kind: IndexKind, table_hash_key: str | Key
) -> KeyAttribute:
    if isinstance(given, str):
        return key_attribute(adapter, given, "hash_key", label)
    is_of_table = kind == "local" and isinstance(table_hash_key, Key)
    default = (table_hash_key.attribute or HASH_ATTRIBUTE) if is_of_table else None
    return key_setting_attribute(given, default, f"the hash_key of {label}")


def _range_attribute(adapter: SchemaAdapter, given: str | Key, label: str, *, unordered: bool) -> KeyAttribute:
    if isinstance(given, str):
        return range_attribute(adapter, given, label, unordered=unordered)
    return key_setting_attribute(given, None, f"the range_key of {label}")


def _key_fields(index: type[Index], label: str) -> tuple[tuple[str | Key, ...], tuple[str | Key, ...]]:
    """Return the fields or templates of an index class's hash key, and those of its range key."""
    hash_key = _key_setting(index, "hash_key", label, limits.HASH_KEY_ATTRIBUTES)
    range_key: tuple[str | Key, ...] = ()
    if index.range_key is not None:
        range_key = _key_setting(index, "range_key", label, limits.RANGE_KEY_ATTRIBUTES)
    refuse_repeated(named_fields(hash_key + range_key), label)
    return hash_key, range_key


def _key_setting(index: type[Index], setting: str, label: str, limit: int) -> tuple[str | Key, ...]:
    given = getattr(index, setting, None)
    if isinstance(given, Key):
        return (given,)
    if index.kind == "local":
        return (one_field(index, setting, label),)
    return several_fields(index, setting, label, limit)


def _projection_spec(projection: Projection, adapter: SchemaAdapter) -> ProjectionSpec:
    if isinstance(projection, ProjectAll):
        return ProjectionSpec("ALL")
    if not isinstance(projection, ProjectInclude):
        return ProjectionSpec("KEYS_ONLY")
    # Another program may write attributes that this schema does not know.
    fields = adapter.fields
    included = [fields[name].attribute if name in fields else name for name in projection.include]
    return ProjectionSpec("INCLUDE", tuple(included))
