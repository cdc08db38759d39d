"""Names that the models of Django, SQLAlchemy, Peewee, PynamoDB and MongoEngine have, with what to use here.

They are looked up only when a model has nothing of that name: fields, methods and whatever else a program defines win,
and no attribute that is there gets slower.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm.exceptions import UnknownAttribute

_FIND = "Use {model}.query(…) with a value of the hash key, or {model}.scan(…), which reads all items."
_ORDER = "{model}.query(…) returns items in the order of the range key, and in descending order after reverse()."
_PUT = "Use {model}.put({{…}}), or {model}(…).save()."
_PUT_MANY = "Use {model}.put_batch({{…}}, {{…}})."
_ONE = "Use {model}.get({key}), which returns None if there is no item."
_NONE = "{model}.get({key}) returns None if there is no item; one() of a read raises NoItemFound."
_AWAITED = "A read is no coroutine: async for each in {model}.query(…), or await {model}.query(…).afirst()."
_TABLE = "{model}.__table__ has the verbs of the table: create(), update(), drop(), exists."

#: What to use, by name.
HABITS: Mapping[str, str] = {
    "objects": "A model has its verbs itself: {model}.get({key}), {model}.query(…), {model}.scan(…).",
    **dict.fromkeys(("filter", "filter_by", "where", "find", "find_many", "search", "select", "exclude"), _FIND),
    **dict.fromkeys(("all", "find_all", "iterator"), "Use {model}.scan(), which reads all items."),
    **dict.fromkeys(("order_by", "sort"), _ORDER),
    **dict.fromkeys(
        ("find_one", "first", "last", "latest", "earliest"), "Use first() of a read: {model}.scan(…).first()."
    ),
    **dict.fromkeys(
        ("count", "count_documents"), "Use count() of a read: {model}.query(…).count(), {model}.scan().count()."
    ),
    **dict.fromkeys(("aquery", "ascan", "afilter", "aall", "afind", "aiterator"), _AWAITED),
    **dict.fromkeys(("afirst", "alast", "afind_one"), "Use afirst() of a read: await {model}.scan(…).afirst()."),
    "acount": "Use acount() of a read: await {model}.query(…).acount(), await {model}.scan().acount().",
    "aget_or_none": "Use await {model}.aget({key}), which returns None if there is no item.",
    "abulk_create": "Use await {model}.aput_batch({{…}}, {{…}}).",
    "ain_bulk": "Use async for each in {model}.aget_batch([…]).",
    **dict.fromkeys(
        ("aupdate_or_create", "aupsert"),
        "await {model}.aupdate_item({key}, …) changes an item or creates it; await {model}.aput({{…}}) replaces it.",
    ),
    **dict.fromkeys(
        ("acreate_table", "adelete_table"),
        "{model}.__table__ has the verbs of the table: acreate(), aupdate(), adrop(), aexists().",
    ),
    **dict.fromkeys(("limit", "offset"), "Use limit() of a read: {model}.scan().limit(10)."),
    **dict.fromkeys(("values", "values_list", "only"), "Use {model}.scan().specific_attributes([…])."),
    **dict.fromkeys(("get_or_none", "get_by_id", "find_by_id", "get_by_key", "get_item", "safe_get"), _ONE),
    **dict.fromkeys(("get_or_404", "DoesNotExist"), _NONE),
    "MultipleObjectsReturned": "one() of a read raises MultipleItemsFound.",
    **dict.fromkeys(("insert", "put_item", "save_item", "add"), _PUT),
    **dict.fromkeys(("bulk_create", "bulk_save", "insert_many", "put_many", "save_all", "add_all"), _PUT_MANY),
    **dict.fromkeys(
        ("batch_write", "bulk_write", "batch_writer"), "Use with dynamorm.batch() as batch, or {model}.put_batch(…)."
    ),
    **dict.fromkeys(("batch_get", "get_many", "in_bulk"), "Use {model}.get_batch([…])."),
    **dict.fromkeys(
        ("update_or_create", "upsert", "replace"),
        "{model}.update_item({key}, …) changes an item or creates it; {model}.put({{…}}) replaces it.",
    ),
    **dict.fromkeys(
        ("bulk_update", "update_many"),
        "DynamoDB updates one item at a time, by its key: {model}.update_item({key}, …).",
    ),
    **dict.fromkeys(("delete_many", "truncate", "bulk_delete"), "DynamoDB deletes by key: {model}.delete_batch(…)."),
    **dict.fromkeys(
        ("create_table", "delete_table", "drop_table", "table_exists", "describe_table", "update_table"), _TABLE
    ),
    **dict.fromkeys(("create_all", "metadata"), "Use dynamorm.create_all([{model}])."),
}


class Habit:
    """An attribute of the class of models that says what to use instead.

    Python looks at the class of a class only for what the class itself and its bases lack, except for data descriptors.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, model: type | None, owner: type) -> Habit:
        """Raise :class:`~dynamorm.exceptions.UnknownAttribute` for a *model*."""
        if model is None:
            return self
        # An abstract base has none.
        fields = getattr(vars(model).get("_mapper"), "key_fields", ())
        key = ", ".join(f"{name}=…" for name in fields) or "…"
        meant = HABITS[self._name].format(model=model.__name__, key=key)
        raise UnknownAttribute(f"{model.__name__} has no attribute '{self._name}'. {meant}")


def add_habits(metaclass: type) -> None:
    """Give the *metaclass* of models what says what to use in place of other libraries' names."""
    for name in HABITS:
        setattr(metaclass, name, Habit(name))
