"""Names that the sessions, transactions and batches of other libraries have, with what to use here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dynamorm.model.query.other_words import advice

_PUT = "put(book), or put(Book, {…})"
_DELETE = "delete(book), or delete(Book, isbn=…)"
_AT_THE_END = "The writes are sent at the end of the block."
_AWAITED_AT_THE_END = "The writes are sent at the end of the block, which is awaited if it was opened with async with."
_NEVER_SENT = "If the block raises an exception, nothing is sent."
_IN_BOTH: Mapping[str, str] = {
    **dict.fromkeys(("save", "put_item", "add", "add_all", "insert", "merge", "create"), _PUT),
    **dict.fromkeys(("delete_item", "remove"), _DELETE),
    **dict.fromkeys(("commit", "execute", "flush", "write", "send", "submit"), _AT_THE_END),
    **dict.fromkeys(("acommit", "aexecute", "aflush", "awrite", "asend", "asubmit"), _AWAITED_AT_THE_END),
    **dict.fromkeys(("rollback", "cancel", "abort", "arollback", "acancel", "aabort"), _NEVER_SENT),
    **dict.fromkeys(("query", "scan"), "It only writes: read with query and scan of a model."),
}

_IN_BATCHES: Mapping[str, str] = {
    **_IN_BOTH,
    **dict.fromkeys(
        ("update", "update_item"),
        "DynamoDB's batches only put and delete. Use update in a dynamorm.transaction(), or update_item of the model.",
    ),
    **dict.fromkeys(("get", "get_item"), "It only writes: read with get_batch of a model."),
}
_IN_TRANSACTIONS: Mapping[str, str] = {
    **_IN_BOTH,
    **dict.fromkeys(("update_item",), "update(book, title=…), or update(Book, isbn=…, title=…)"),
    **dict.fromkeys(("condition_check", "condition"), "check(book, conditions=…)"),
    **dict.fromkeys(("get", "get_item"), "It only writes: read with dynamorm.transact_get((Book, …), …)."),
}

_HABITS = {"batch": _IN_BATCHES, "transaction": _IN_TRANSACTIONS}


def message_for(kind: str, name: str, known: Collection[str]) -> str:
    """Return the message about an attribute *name* that a block of this *kind* lacks, with what to use instead."""
    meant = "" if name.startswith("_") else advice(name, _HABITS[kind], known)
    return f"A {kind} has no attribute '{name}'.{' ' if meant else ''}{meant}"
