"""Where moto's server differs from DynamoDB, by the tests that show it.

Each was seen to pass on DynamoDB Local, with the same requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def _cases(test: str, *cases: str) -> Iterator[str]:
    return (f"{test}[{case}]" for case in cases)


def _conditions(*rules: str) -> Iterator[str]:
    return _cases("test_condition", *rules)


def _deviations(reasons: Mapping[str, Iterator[str] | tuple[str, ...]]) -> dict[str, str]:
    return {test: reason for reason, tests in reasons.items() for test in tests}


_ATTRIBUTES = (
    "string",
    "empty",
    "number",
    "fraction",
    "binary",
    "true",
    "list",
    "map",
    "strings",
    "numbers",
    "binaries",
)

_CONDITIONS = _deviations(
    {
        "moto fails with an internal error when values of different types are compared": _conditions(
            *(f"order-of-{attribute}-and-other-types" for attribute in _ATTRIBUTES),
            "path-<-path-of-another-type",
            "between-a-path-of-another-type-and-a-higher-one",
            "between-a-lower-path-and-one-of-another-type",
            "between-a-missing-path-and-a-higher-one",
            "between-a-lower-path-and-a-missing-one",
            "string-between-numbers",
        ),
        "moto compares as Python does, to which True is 1 and more than False": _conditions(
            "true-is-not-one",
            "false-is-not-zero",
            "true-in-numbers",
            "list-contains-no-true",
            "nested-number-is-not-true",
            "nested-entry-is-not-true",
            "nested-entry-is-not-false",
            "false-<-true",
        ),
        "moto fails with an internal error at a size that is no side of a comparison": _conditions(
            "between-a-size-and-a-higher-one", "list-contains-a-size", "numbers-contain-a-size"
        ),
        "moto treats a missing attribute as null": _conditions(
            "missing-=-null",
            "missing-<>-null",
            "missing-=-gone",
            "missing-<>-gone",
            "missing-in",
            "contains-missing",
        ),
        "moto fails with an internal error at the size of what has none": _conditions(
            "size-of-missing",
            "size-of-missing-<>",
            "size-of-missing-<",
            "size-of-number",
            "size-of-true",
            "size-of-null",
        ),
        "moto counts characters as Python does": _conditions("size-of-accent"),
        "moto looks for bytes in their base64 form": _conditions("binary-begins-with", "binary-contains"),
        "moto does not check the operands of a condition": ("test_mistake", "test_mistake_where_there_is_no_item"),
    }
)

_KEYS = _deviations(
    {
        "moto says no more than 'Validation Exception' of a key that lacks an attribute": _cases(
            "test_item_wrong_key", "none", "range-key-missing", "hash-key-missing"
        ),
        "moto does not check the types of a key that is read": (
            *_cases(
                "test_item_wrong_key",
                "hash-key-of-another-type",
                "range-key-of-another-type",
                "null",
                "boolean",
                "set",
                "empty",
            ),
            "test_empty_key[text]",
            "test_empty_key[bytes]",
            "test_query_hash_key_of_another_type",
            "test_batch_wrong_key",
        ),
        "moto does not check a condition on a range key": _cases(
            "test_range_key_wrong_condition",
            "unequal",
            "other-type",
            "null",
            "number-begins-with",
            "between-other-types",
            "between-upside-down",
        ),
        "moto knows no largest key": ("test_longest_hash_key", "test_longest_range_key"),
        "moto does not check the keys of indexes": ("test_index_wrong_key",),
    }
)

_READS = _deviations(
    {
        "moto counts a list element of a projection as an unused name": (
            *_cases(
                "test_item_projection",
                "element",
                "elements-in-their-order",
                "element-beyond-the-end",
                "entry-of-an-element",
                "entries-of-elements",
                "element-of-a-string",
                "element-of-a-map",
                "element-of-a-set",
            ),
            "test_query_projection[element]",
            "test_results_are_apart_from_the_table[projections]",
        ),
        "moto does not check a projection for overlapping paths": _cases(
            "test_item_projection_of_overlapping_paths", "parent-first", "parent-last", "list", "element-and-entry"
        ),
        "moto takes brackets in a name for an index": ("test_name[brackets]",),
        "moto does not check a start key": (
            "test_query_wrong_start_key",
            "test_query_start_key_outside_the_range_condition",
            "test_scan_wrong_start_key",
            "test_index_wrong_start_key",
        ),
        "moto accepts any limit, segment and number of keys; DynamoDB refuses some, and so can boto3": (
            *_cases("test_query_limit_below_one", "0", "-1"),
            *_cases("test_scan_limit_below_one", "0", "-1"),
            *_cases("test_scan_wrong_segments", "-1-3"),
            *_cases("test_batch_wrong_number_of_keys", "0"),
        ),
        "moto gives no last key when a limit is just met": (
            "test_query_limit_that_is_met",
            "test_scan_limit_that_is_met",
        ),
        "moto lets a filter stand on a key": ("test_query_filter_on_a_key", "test_index_filter_on_a_key"),
        "moto checks what an index contains only when it returns items": (
            "test_index_attributes_outside_global",
            "test_index_attributes_outside_local",
            "test_index_filter_outside",
        ),
        "moto calculates the size of a page in another way": (
            "test_query_page_of_one_megabyte",
            "test_scan_page_of_one_megabyte",
            "test_index_page_of_one_megabyte",
        ),
    }
)

_WRITES = _deviations(
    {
        "moto fails with an internal error at an update without actions": (
            "test_update[no-actions]",
            "test_update[no-actions-on-no-item]",
            "test_no_actions_return_the_item",
        ),
        "moto knows no default that is not a path or a value, and takes the latter for used": (
            *_cases(
                "test_update",
                "a-default-in-a-default",
                "a-default-in-a-default,-there",
                "a-path-as-the-last-default",
                "the-same-path-twice",
            ),
            "test_mistaken_update[a-last-default-that-is-missing,-unused]",
        ),
        "moto makes one object of a value and its copy": ("test_copied_values_are_apart_from_each_other",),
        "moto finds that no attribute has a type that there is not": ("test_unknown_condition[type]",),
        "moto appends in the order of the actions": (
            "test_update[set-twice-beyond-the-end-appends-in-order-of-the-indexes]",
        ),
        "moto removes an element before it sets another": ("test_update[remove-an-element-and-set-another]",),
        "moto takes a number with an exponent for an integer": _cases(
            "test_update", "38-digits-around-the-point", "fractions-stay-exact"
        ),
        "moto rounds or stores what is no number to DynamoDB": ("test_result_that_is_no_number",),
        "moto does not check the paths of an update": _cases(
            "test_mistaken_update",
            "path-into-a-path",
            "set-an-entry-of-a-string",
            "set-an-entry-of-null",
            "set-an-entry-of-a-list",
            "remove-an-entry-of-a-string",
        ),
        "moto keeps the first actions of an update whose later ones are refused": _cases(
            "test_mistaken_update",
            "add-a-string",
            "add-a-list",
            "add-a-boolean",
            "add-a-number-to-a-string",
            "add-a-number-to-null",
            "add-a-number-to-a-set",
            "add-a-set-to-a-number",
            "add-strings-to-numbers",
            "delete-a-number",
            "delete-a-string",
            "delete-strings-from-numbers",
            "delete-strings-from-a-list",
        ),
        "moto does not check a batch before it writes": (
            *_cases("test_batch_wrong_number_of_writes", "0", "26"),
            "test_batch_same_item_twice[put-delete]",
            "test_batch_write_of_a_wrong_item",
        ),
        "moto takes a batch of no tables": ("test_batch_get_without_tables",),
        "moto calculates the size of an item in another way": (
            "test_largest_item",
            "test_update_to_an_item_too_large",
            "test_batch_unprocessed_keys",
        ),
        "moto accepts empty names": ("test_empty_name",),
        "moto sets no limits to expressions, but for some at which it fails with an internal error": (
            *_cases("test_too_many_operators", "comparisons", "sizes", "functions", "negations", "choices"),
            "test_long_expressions",
            "test_expression_too_long",
            *_cases("test_path_too_long", "levels", "index"),
        ),
        "moto does not count levels": ("test_nesting_too_deep", "test_update_nests_too_deep"),
    }
)

_INVALID_VALUES = _deviations(
    {
        "moto does not check the range and the digits of numbers": tuple(
            case
            for place in ("item", "condition", "update", "key", "transaction")
            for case in _cases(
                f"test_invalid_value_in_{place}",
                "decimal-that-is-no-number",
                "infinity",
                "too-large",
                "too-small",
                "too-many-digits",
            )
        ),
    }
)

_TABLES = _deviations(
    {
        "moto does not check the names of tables": _cases(
            "test_table_wrong_name", "too-short", "too-long", "space", "slash", "quote", "umlaut"
        ),
        "moto does not check the keys of tables and indexes": (
            "test_table_same_key_twice",
            "test_table_local_index_needs_a_range_key",
            *_cases(
                "test_table_wrong_indexes",
                "name-twice",
                "key-twice",
                "name-with-a-space",
                "local-without-a-range-key",
                "local-with-another-hash-key",
            ),
        ),
    }
)

_TABLE_UPDATES = _deviations(
    {
        "moto does not check a change of a table": (
            *_cases(
                "test_update_refused",
                "capacity-that-it-has",
                "capacity-that-the-index-has",
                "index-with-an-attribute-of-another-type",
            ),
            "test_update_capacity_without_that_of_an_index",
            "test_update_stream_that_is_off",
        ),
        "moto fails with an internal error at an index that is there, or is not": (
            *_cases("test_update_refused", "capacity-of-no-index", "index-that-is-there"),
            "test_update_drop_index_that_is_not_there",
        ),
        "moto says of a stream that is or was on that the table is in use": (
            *_cases("test_update_refused", "stream-that-is-on", "stream-with-another-view"),
            "test_update_stream_again",
        ),
        "moto does not check the keys of new indexes": ("test_update_add_index_with_items_that_do_not_fit",),
        "moto keeps no table class": ("test_update_table_class",),
        "moto does not check a change of time to live": (
            *_cases("test_time_to_live_that_is_on", "on-twice", "on-for-another", "off-for-another"),
            "test_time_to_live_that_is_off",
        ),
        "moto returns an error code that DynamoDB does not have": _cases(
            "test_time_to_live_of_no_table", "DescribeTimeToLive", "UpdateTimeToLive"
        ),
        "moto does not check the limit of a list": _cases("test_list_tables_wrong_limit", "too-many"),
        "moto does not check tags": (
            *_cases("test_tags_refused", "none", "long-key", "long-value", "key-of-aws", "too-many"),
            "test_table_with_wrong_tags",
        ),
    }
)

_TRANSACTIONS = _deviations(
    {
        "moto ignores tokens": (
            "test_transaction_token",
            "test_transaction_token_of_other_actions",
            "test_transaction_token_too_long",
        ),
        "moto reads 25 items in a transaction at most": ("test_transaction_most_actions",),
        "moto does not check the size of a transaction, nor of an item after an update": (
            "test_transaction_too_large",
            "test_transaction_that_reads_too_much",
            "test_transaction_that_makes_an_item_too_large",
        ),
        "moto fails with an internal error at an item without its key": _cases(
            "test_transaction_with_a_mistake", "no-key"
        ),
        "moto does not check the keys of a transaction": (
            *_cases("test_transaction_with_a_mistake", "more-than-the-key"),
            "test_transaction_of_wrong_reads",
        ),
        "moto reads whole items in a transaction": ("test_transaction_of_reads",),
        "moto counts no units for the writes of a transaction, and the same for each read": (
            "test_transaction_capacity_of_writes",
            "test_transaction_capacity_of_reads",
            "test_transaction_capacity_of_checks",
            "test_transaction_capacity_of_a_token",
        ),
    }
)

_CAPACITY = _deviations(
    {
        "moto reports consumed capacity of a scan without being asked": ("test_capacity_is_told_when_asked",),
        "moto counts the same units whatever is read or written": (
            *_cases(
                "test_capacity_of_get",
                "True-100-1",
                "True-4096-1",
                "True-4097-2",
                "True-20000-5",
                "False-4097-2",
                "False-20000-5",
            ),
            "test_capacity_of_get_of_nothing[True-1]",
            *_cases("test_capacity_of_put", "1025-2", "5000-5"),
            "test_capacity_of_replacing",
            "test_capacity_of_update",
            "test_capacity_of_delete",
            "test_capacity_of_query",
            "test_capacity_of_scan",
            "test_capacity_of_empty_page",
            "test_capacity_of_batch_get_of_nothing",
            "test_capacity_of_batch_write",
        ),
        "moto counts nothing for indexes": (
            *_cases(
                "test_capacity_of_index_write",
                "new-entry",
                "change-of-what-is-not-projected",
                "change-of-what-is",
                "other-key",
                "key-taken-away",
                "larger",
                "other-key-and-smaller",
            ),
            "test_capacity_of_index_delete",
            "test_capacity_of_index_read",
            "test_capacity_of_index_scan",
            "test_capacity_of_local_index",
        ),
    }
)

_KEYS_OF_SEVERAL_ATTRIBUTES = _deviations(
    {
        "moto does not check indexes with keys of several attributes": (
            "test_several_wrong_index",
            "test_several_add_too_many",
        ),
        "moto does not check a condition on a key of several attributes": (
            *_cases(
                "test_several_wrong_condition",
                "hash-attribute-of-another-type",
                "one-attribute-twice",
                "not-equal",
                "first-of-another-type",
                "second-of-another-type",
                "number-begins-with",
                "between-backwards",
            ),
            "test_several_filter_on_a_key",
        ),
        "moto does not check a start key of an index": _cases(
            "test_several_wrong_start_key",
            "another-hash-attribute",
            "another-second-hash-attribute",
            "another-range-attribute",
            "outside-of-the-range",
            "attribute-too-many",
        ),
        "moto fails with an internal error at a start key that lacks an attribute, or has one of another type": _cases(
            "test_several_wrong_start_key",
            "other-type",
            "hash-attribute-missing",
            "range-attribute-missing",
            "key-of-the-table-missing",
        ),
        "moto does not check what is part of a key of several attributes": (
            "test_several_wrong_attribute",
            "test_several_longest",
            "test_several_longest_numbers",
            "test_several_longest_by_an_update",
            "test_several_add_and_drop",
        ),
    }
)

KNOWN: Mapping[str, str] = {
    **_CONDITIONS,
    **_KEYS,
    **_READS,
    **_WRITES,
    **_INVALID_VALUES,
    **_TABLES,
    **_TABLE_UPDATES,
    **_TRANSACTIONS,
    **_CAPACITY,
    **_KEYS_OF_SEVERAL_ATTRIBUTES,
}


def known_in(suite: type) -> dict[str, str]:
    """Return the deviations that the tests of a *suite* show, which may be a part of the whole."""
    return {test: reason for test, reason in KNOWN.items() if hasattr(suite, test.partition("[")[0])}
