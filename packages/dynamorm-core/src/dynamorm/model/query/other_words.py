"""The words that Django, SQLAlchemy, Peewee, PynamoDB and boto3 have for operators, functions and arguments, with ours.

They are looked at only when a name is unknown, for its message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dynamorm.data.records import record

_EXACT = (
    "DynamoDB compares strings as they are, upper and lower case. Store a lower-case copy of the value, and use {}."
)
_NO_PATTERNS = "DynamoDB matches no patterns. Use begins_with or contains, or filter in the program."

#: Our operator, or a sentence about what to do instead.
OPERATORS: Mapping[str, str] = {
    **dict.fromkeys(("startswith", "starts_with", "beginswith", "prefix"), "begins_with"),
    **dict.fromkeys(("istartswith",), _EXACT.format("begins_with")),
    **dict.fromkeys(("icontains",), _EXACT.format("contains")),
    **dict.fromkeys(("iexact", "ieq"), _EXACT.format("eq")),
    **dict.fromkeys(
        ("endswith", "iendswith", "ends_with"),
        "DynamoDB can't compare the end of a string. Store a copy of the value reversed, and use begins_with.",
    ),
    **dict.fromkeys(("like", "ilike", "regex", "iregex", "regexp", "match", "search"), _NO_PATTERNS),
    **dict.fromkeys(
        ("isnull", "is_null", "is", "null", "is_none"),
        "Compare with None. exists and not_exists only ask whether there is an attribute.",
    ),
    **dict.fromkeys(("does_not_exist", "missing", "notexists"), "not_exists"),
    **dict.fromkeys(("neq", "not", "not_eq", "is_not", "nq"), "ne"),
    **dict.fromkeys(("equals", "exact", "equal"), "eq"),
    **dict.fromkeys(("greater", "greater_than", "after", "above"), "gt"),
    **dict.fromkeys(("less", "less_than", "before", "below"), "lt"),
    **dict.fromkeys(("ge", "gteq", "min"), "gte"),
    **dict.fromkeys(("le", "lteq", "max"), "lte"),
    **dict.fromkeys(("range",), "between"),
    **dict.fromkeys(("isin", "any", "any_of", "one_of"), "in"),
    **dict.fromkeys(("notin", "not_in", "nin"), "in, negated with ~: ~Q(…__in=[…])"),
    **dict.fromkeys(("has", "has_key"), "contains"),
    **dict.fromkeys(("len", "length", "count"), "size"),
}

#: Our function of an update, or a sentence about what to do instead.
FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("inc", "increment", "incr"), "plus"),
    **dict.fromkeys(("dec", "decrement", "decr"), "minus"),
    **dict.fromkeys(("push", "extend", "push_all", "list_append"), "append"),
    **dict.fromkeys(("unset", "pop", "rename", "clear"), "remove"),
    **dict.fromkeys(("pull", "discard", "subtract", "difference"), "delete"),
    **dict.fromkeys(("add_to_set", "union"), "add"),
    **dict.fromkeys(("setdefault", "set_default", "default", "set_if_not_exists", "set_on_insert"), "if_not_exists"),
    **dict.fromkeys(("set", "assign", "put"), "A value is set without a function: {field}=… alone."),
}

#: What to use in place of a method of paths, or a sentence about what to do instead.
PATH_METHODS: Mapping[str, str] = {
    **dict.fromkeys(("startswith", "starts_with", "startsWith", "beginswith"), "begins_with(…)"),
    **dict.fromkeys(("istartswith",), _EXACT.format("begins_with")),
    **dict.fromkeys(("icontains",), _EXACT.format("contains")),
    **dict.fromkeys(("iexact", "lower", "upper", "casefold"), _EXACT.format("==")),
    **dict.fromkeys(("endswith", "ends_with", "iendswith"), OPERATORS["endswith"]),
    **dict.fromkeys(("like", "ilike", "match", "regexp", "regexp_match", "notlike", "not_like"), _NO_PATTERNS),
    **dict.fromkeys(("in_", "isin", "any_of", "one_of"), "is_in([…])"),
    **dict.fromkeys(("not_in", "notin_", "not_in_"), "is_in([…]), negated with ~"),
    **dict.fromkeys(
        ("is_", "is_null", "isnull", "is_none"),
        "Compare with None: path == None. exists() and not_exists() only ask whether there is an attribute.",
    ),
    **dict.fromkeys(("is_not", "isnot", "is_not_null"), "Compare with None: path != None."),
    **dict.fromkeys(("does_not_exist", "attribute_not_exists", "missing"), "not_exists()"),
    **dict.fromkeys(("attribute_exists",), "exists()"),
    **dict.fromkeys(("attribute_type",), "is_type(…)"),
    **dict.fromkeys(("has", "has_key"), "contains(…)"),
    **dict.fromkeys(("length", "len", "count"), "size()"),
    **dict.fromkeys(
        ("desc", "asc", "nulls_first", "nulls_last"),
        "A query returns items in the order of the range key, and in descending order after reverse().",
    ),
    **dict.fromkeys(
        ("label", "alias", "cast", "op", "collate"),
        "DynamoDB returns attributes as they are stored. specific_attributes([…]) reads some of them.",
    ),
    **dict.fromkeys(("increment", "incr"), "plus(…)"),
    **dict.fromkeys(("decrement", "decr"), "minus(…)"),
    **dict.fromkeys(("eq", "equals"), "the operator =="),
    **dict.fromkeys(("ne", "neq"), "the operator !="),
    "lt": "the operator <",
    **dict.fromkeys(("lte", "le"), "the operator <="),
    "gt": "the operator >",
    **dict.fromkeys(("gte", "ge"), "the operator >="),
}


_METHOD = "It is a method of the read: query(…).{0}."
_CONSISTENT = "Write get(…, consistent=True), query(…).consistent() or scan(…).consistent()."
_PROJECTION = "Write get(…, attrs=[…]), query(…).specific_attributes([…]) or scan(…).specific_attributes([…])."
_CONDITIONS = (
    "query and scan take conditions by the names of fields, query(year__gt=1999), or without a name, "
    "query(Book.year > 1999). Writes take conditions=…."
)

#: What to do instead of giving an argument that verbs don't have, by its name.
ARGUMENTS: Mapping[str, str] = {
    **dict.fromkeys(("limit", "Limit"), _METHOD.format("limit(10)")),
    **dict.fromkeys(("page_size", "per_page"), _METHOD.format("page_size(100)")),
    **dict.fromkeys(("reverse", "scan_index_forward", "ScanIndexForward", "order_by"), _METHOD.format("reverse()")),
    **dict.fromkeys(("consistent", "consistent_read", "ConsistentRead"), _CONSISTENT),
    **dict.fromkeys(("attrs", "attributes", "attributes_to_get", "projection", "ProjectionExpression"), _PROJECTION),
    **dict.fromkeys(
        ("index", "index_name", "IndexName"), "An index has query and scan itself: Book.ByAuthor.query(…)."
    ),
    **dict.fromkeys(("filter", "filter_condition", "filter_expression", "FilterExpression"), _CONDITIONS),
    **dict.fromkeys(("range_key_condition", "key_condition", "KeyConditionExpression"), _CONDITIONS),
    **dict.fromkeys(("condition", "ConditionExpression"), _CONDITIONS),
    **dict.fromkeys(
        ("last_evaluated_key", "exclusive_start_key", "ExclusiveStartKey", "last_key", "start"),
        "Continue a read with query(…).start(read.last), or read.again().",
    ),
    **dict.fromkeys(("segment", "total_segments"), "Write scan(…).segment(0, of=4), or scan(…).parallel(4)."),
    **dict.fromkeys(("actions", "UpdateExpression"), "Give changes without a name: update([Book.title.set('x')])."),
}

#: The words of an update that stand in a condition, and the other way round.
_IN_CONDITIONS = "'{word}' is a function of updates, not of conditions."
_IN_UPDATES = "'{word}' is an operator of conditions, which are given apart: conditions={{'{field}__{word}': …}}."


@record
class Endings:
    """What may follow a field in a keyword: *known* are its names, *kind* and *plural* are the words for them."""

    kind: str
    plural: str
    known: Collection[str]
    elsewhere: Mapping[str, str]
    misplaced: Collection[str]
    misplaced_advice: str

    def meant(self, word: str, field: str) -> str:
        """Return a sentence about what an unknown *word* after a *field* means; an empty one if nobody can tell."""
        if word in self.misplaced:
            return self.misplaced_advice.format(word=word, field=field)
        return advice(word, self.elsewhere, self.known, field)

    def advice(self, word: str, field: str) -> str:
        """Return :meth:`meant`, or the names that there are."""
        return self.meant(word, field) or f"{self.plural} are {', '.join(self.known)}."


_OPERATOR_NAMES = (
    *("eq", "ne", "lt", "lte", "gt", "gte", "between", "in", "begins_with", "contains", "exists", "not_exists"),
    *("type", "size"),
)
_FUNCTION_NAMES = ("append", "prepend", "plus", "minus", "if_not_exists", "remove", "add", "delete")
IN_CONDITION = Endings("an operator", "The operators", _OPERATOR_NAMES, OPERATORS, _FUNCTION_NAMES, _IN_CONDITIONS)
IN_UPDATE = Endings(
    "a function of an update", "The functions of an update", _FUNCTION_NAMES, FUNCTIONS, _OPERATOR_NAMES, _IN_UPDATES
)
#: What may follow a field in a keyword, by what the keyword is part of.
ENDINGS: Mapping[str, Endings] = {"condition": IN_CONDITION, "update": IN_UPDATE}


def advice(
    word: str, elsewhere: Mapping[str, str], known: Collection[str], field: str = "", *, likeness: float = 0.6
) -> str:
    """Return a sentence about what is meant by an unknown *word*: one of the *known* ones, or something else.

    *elsewhere* are the words of other libraries. The sentence is empty if nobody can tell. *likeness* is how much a
    known word must be like the unknown one, from 0 to 1.
    """
    found = elsewhere.get(word)
    if found is None:
        from difflib import get_close_matches  # deferred: start-up cost

        close = get_close_matches(word, list(known), n=1, cutoff=likeness)
        return f"Did you mean '{close[0]}'?" if close else ""
    if found in known:
        return f"Did you mean '{found}'?"
    return found.format(field=field) if found.endswith(".") else f"Use {found}."
