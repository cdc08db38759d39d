"""DynamoDB's limits, each with its source: a page of the developer guide or of the API reference."""

from __future__ import annotations

from typing import Final

# "Quotas in Amazon DynamoDB", section "Items": the bytes of all attribute names and values of an item.
ITEM_BYTES: Final = 400 * 1024

# "Quotas in Amazon DynamoDB", section "Attributes": how deeply attributes can be nested.
NESTING_LEVELS: Final = 32

# "Quotas in Amazon DynamoDB", section "Partition keys and sort keys": UTF-8 bytes.
HASH_KEY_BYTES: Final = 2048
RANGE_KEY_BYTES: Final = 1024

# API reference, CreateTable, GlobalSecondaryIndexes, and "Multi-attribute keys pattern": attributes of the hash key and
# of the range key of a global index. DynamoDB Local counts the bytes of all attributes of a key together.
HASH_KEY_ATTRIBUTES: Final = 4
RANGE_KEY_ATTRIBUTES: Final = 4

# "Supported data types and naming rules in Amazon DynamoDB", section "Number".
NUMBER_DIGITS: Final = 38
NUMBER_LARGEST_EXPONENT: Final = 125
NUMBER_SMALLEST_EXPONENT: Final = -130

# API reference, BatchWriteItem and BatchGetItem: requests in one call.
BATCH_WRITE_REQUESTS: Final = 25
BATCH_GET_KEYS: Final = 100

# API reference, BatchWriteItem: the size of one request, in DynamoDB's JSON.
BATCH_WRITE_BYTES: Final = 16 * 1024 * 1024

# API reference, TransactWriteItems and TransactGetItems: the actions of one transaction, the size of all items that
# they write or read, and the characters of its token.
TRANSACTION_ACTIONS: Final = 100
TRANSACTION_BYTES: Final = 4 * 1024 * 1024
TRANSACTION_TOKEN_CHARACTERS: Final = 36
#: How long the service remembers a token, in seconds.
TRANSACTION_TOKEN_SECONDS: Final = 600

# API reference, Query and Scan: the data that is read for one page, before any filter.
PAGE_BYTES: Final = 1024 * 1024

# API reference, Scan, TotalSegments.
SCAN_SEGMENTS: Final = 1_000_000

# "DynamoDB read and write operations": the bytes that one capacity unit reads consistently, and that one writes.
READ_UNIT_BYTES: Final = 4 * 1024
WRITE_UNIT_BYTES: Final = 1024

# API reference, BatchGetItem: the data that one call returns.
BATCH_GET_BYTES: Final = 16 * 1024 * 1024

# "Quotas in Amazon DynamoDB", section "Expression parameters": the operands of IN, the operators and functions of one
# expression, and its length.
IN_OPERANDS: Final = 100
EXPRESSION_OPERATORS: Final = 300
EXPRESSION_BYTES: Final = 4096

# DynamoDB Local: the length of an attribute's name in an expression, and the largest index into a list.
NAME_BYTES: Final = 65_535
LARGEST_INDEX: Final = 2**31 - 1

# API reference, CreateTable, TableName.
TABLE_NAME_PATTERN: Final = r"[a-zA-Z0-9_.-]{3,255}"

# "Tagging restrictions in DynamoDB": the tags of one table, without those that AWS creates, and the characters in each.
TAGS: Final = 50
TAG_KEY_CHARACTERS: Final = 128
TAG_VALUE_CHARACTERS: Final = 256
TAG_PATTERN: Final = r"[\w\s+\-=.:/@]*"
TAG_RESERVED_PREFIX: Final = "aws:"
