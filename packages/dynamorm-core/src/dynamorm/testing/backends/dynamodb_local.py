"""Where DynamoDB Local differs from DynamoDB itself, by the tests that show it.

DynamoDB's API reference and developer guide say what is right. It has no tags, either: take ``Capability.TAGS`` out of
the capabilities of a backend that is tested on it.
"""

from __future__ import annotations

from collections.abc import Mapping

#: The ``known_deviations`` of a suite that runs on DynamoDB Local, by the names of the tests.
DYNAMODB_LOCAL_DEVIATIONS: Mapping[str, str] = {
    "test_update_table_class": "DynamoDB Local keeps no table class, and finds nothing to update in another one",
    "test_table_with_tags": "DynamoDB Local makes a table without the tags that it was given",
    "test_capacity_of_empty_page": "DynamoDB Local finds nothing for nothing",
    "test_capacity_of_batch_get_of_nothing": "DynamoDB Local finds nothing for nothing in a batch",
    "test_capacity_of_index_scan": "DynamoDB Local counts whole items in a scan of an index that holds parts",
    "test_several_longest_by_an_update": "DynamoDB Local lets an update make a key of several attributes too long",
    "test_update_capacity_without_that_of_an_index": "DynamoDB Local fails with an internal error",
}
