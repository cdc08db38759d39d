"""The attributes that 0.11's tables had, with what to use for them."""

from __future__ import annotations

_CONNECT = "for another region, server or account use dynamorm.connect(…)"
_SETTINGS = "'spec' has the keys and indexes as data, and 'name', 'read', 'write' and 'stream' are the settings"
_VERBS = "use the model's verb of this name, which takes and returns instances"

#: What to use, by the name of the attribute.
FORMER_ATTRIBUTES = {
    "table": f"the table is not a boto3 object; create one with boto3, or {_CONNECT}",
    "get_table": f"the table is not a boto3 object; create one with boto3, or {_CONNECT}",
    "resource": f"create a resource with boto3 if you need one; {_CONNECT}",
    "get_resource": f"create a resource with boto3 if you need one; {_CONNECT}",
    **dict.fromkeys(("query", "scan", "put_unique", "put_batch", "get_batch"), _VERBS),
    **dict.fromkeys(
        (
            "key_schema",
            "provisioned_throughput",
            "stream_specification",
            "table_attribute_fields",
            "all_attribute_fields",
            "index_attribute_fields",
        ),
        _SETTINGS,
    ),
    "schema": "use the model's Schema",
}


def explain_former(name: str) -> str:
    """Return a sentence about an attribute of this *name* that 0.11 had; an empty one if it had none."""
    advice = FORMER_ATTRIBUTES.get(name)
    return "" if advice is None else f" 0.11 had it: {advice}."
