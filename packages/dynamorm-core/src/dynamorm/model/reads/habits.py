"""Names that the reads of other libraries have, and positions in them, with what to use here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dynamorm.model.query.other_words import advice

_CONDITIONS = "Conditions are arguments of query and scan: make another read with all of them."
_ORDER = (
    "A query returns items in the order of the range key, and in descending order after reverse(). For another order, "
    "sort them in the program."
)
_ALL = "A read is iterated over, as in list(read)."
_PART = "Use specific_attributes([…])."
_SKIP = "DynamoDB can't skip items. Continue after an item with after(read.cursor), or start(read.last)."
_NONE_OF_THIS = "DynamoDB does not compute this. Do it in the program."
_NO_WRITE = "A read writes nothing. {}."

#: What to use, by name.
HABITS: Mapping[str, str] = {
    **dict.fromkeys(("filter", "filter_by", "where", "exclude", "find"), _CONDITIONS),
    **dict.fromkeys(("order_by", "sort", "sort_by", "asc", "desc"), _ORDER),
    **dict.fromkeys(("all", "fetchall", "to_list", "scalars", "iterator", "execute"), _ALL),
    **dict.fromkeys(
        ("aall", "aiterator", "alist", "ato_list"), "A read is iterated over, as in [each async for each in read]."
    ),
    **dict.fromkeys(("values", "values_list", "only", "defer", "select", "project", "attributes_to_get"), _PART),
    **dict.fromkeys(("offset", "skip"), _SKIP),
    **dict.fromkeys(("distinct", "group_by", "annotate", "aggregate", "join", "having", "union"), _NONE_OF_THIS),
    **dict.fromkeys(("select_related", "prefetch_related", "joinedload", "options"), "Use prefetch(…)."),
    **dict.fromkeys(("delete", "remove"), _NO_WRITE.format("Delete by key, with delete_batch of the model")),
    **dict.fromkeys(
        ("update", "update_all"), _NO_WRITE.format("Call update() of each item, or update_item of the model")
    ),
    **dict.fromkeys(("get", "scalar_one", "get_one"), "Use one(), or first(), which returns None if there is nothing."),
    **dict.fromkeys(
        ("one_or_none", "scalar", "scalar_one_or_none", "get_or_none", "find_one"),
        "Use first(), which returns None if there is nothing.",
    ),
    **dict.fromkeys(("latest", "earliest"), "Use first(), after reverse() for the last item."),
    **dict.fromkeys(("alatest", "aearliest", "alast"), "Use afirst(), after reverse() for the last item."),
    **dict.fromkeys(("aone_or_none", "aget_or_none"), "Use afirst(), which returns None if there is nothing."),
    **dict.fromkeys(("aget", "aget_one"), "Use aone(), or afirst(), which returns None if there is nothing."),
    **dict.fromkeys(("take", "head", "top"), "Use limit(…)."),
    **dict.fromkeys(("paginate", "page", "by_page", "paginator"), "Use pages()."),
    **dict.fromkeys(("last_evaluated_key", "last_key", "next_token"), "Use last, or cursor."),
    **dict.fromkeys(("total_count", "length", "total"), "Use count()."),
    **dict.fromkeys(("reversed", "scan_index_forward"), "Use reverse()."),
    **dict.fromkeys(("consistent_read", "strongly_consistent"), "Use consistent()."),
}


def attribute_advice(name: str, known: Collection[str]) -> str:
    """Return a sentence about what is meant by the unknown attribute *name* of a read that has the *known* ones."""
    meant = advice(name, HABITS, known)
    return f" {meant}" if meant else ""


def position_advice(position: object) -> str:
    """Return what to use in place of ``read[position]``."""
    if isinstance(position, int):
        if position == 0:
            return "Use first()."
        if position < 0:
            return "For the last items of a query, use reverse() and first(), or reverse() and limit(…)."
        return f"DynamoDB can't skip items. Take it from a list: list(read.limit({position + 1}))[{position}]."
    if isinstance(position, slice):
        if not position.start and position.step is None and isinstance(position.stop, int) and position.stop > 0:
            return f"Use limit({position.stop})."
        return (
            "DynamoDB can't skip items. Use limit(…) for the first ones, and after(read.cursor) for those that follow."
        )
    return "A read is no dict."
