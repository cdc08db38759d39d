"""DynamoDB's limits, each with its source: a page of the developer guide or of the API reference."""

from __future__ import annotations

from typing import Final

#: The bytes of all attribute names and values of an item: "Quotas in Amazon DynamoDB", section "Items".
ITEM_BYTES: Final = 400 * 1024

#: How deeply attributes can be nested: "Quotas in Amazon DynamoDB", section "Attributes".
NESTING_LEVELS: Final = 32

#: The UTF-8 bytes of a hash key: "Quotas in Amazon DynamoDB", section "Partition keys and sort keys".
HASH_KEY_BYTES: Final = 2048
#: The UTF-8 bytes of a range key: as :data:`HASH_KEY_BYTES`.
RANGE_KEY_BYTES: Final = 1024

#: The attributes of the hash key of a global index: API reference, CreateTable, GlobalSecondaryIndexes, and
#: "Multi-attribute keys pattern". DynamoDB Local counts the bytes of all attributes of a key together.
HASH_KEY_ATTRIBUTES: Final = 4
#: The attributes of the range key of a global index: as :data:`HASH_KEY_ATTRIBUTES`.
RANGE_KEY_ATTRIBUTES: Final = 4

#: The global indexes of a table: "Quotas in Amazon DynamoDB", section "Secondary indexes".
GLOBAL_INDEXES: Final = 20
#: The local indexes of a table: as :data:`GLOBAL_INDEXES`.
LOCAL_INDEXES: Final = 5
#: The attributes that the indexes of a table include in all, one that several include counted each time: as
#: :data:`GLOBAL_INDEXES`.
INCLUDED_ATTRIBUTES: Final = 100

#: The significant digits of a number: "Supported data types and naming rules in Amazon DynamoDB", section "Number".
NUMBER_DIGITS: Final = 38
#: The exponent of the largest number's first digit: as :data:`NUMBER_DIGITS`.
NUMBER_LARGEST_EXPONENT: Final = 125
#: The exponent of the smallest number's first digit: as :data:`NUMBER_DIGITS`.
NUMBER_SMALLEST_EXPONENT: Final = -130

#: The requests of one batch write: API reference, BatchWriteItem.
BATCH_WRITE_REQUESTS: Final = 25
#: The keys of one batch get: API reference, BatchGetItem.
BATCH_GET_KEYS: Final = 100

#: The size of one batch write, in DynamoDB's JSON: API reference, BatchWriteItem.
BATCH_WRITE_BYTES: Final = 16 * 1024 * 1024
#: The data that one batch get returns: API reference, BatchGetItem.
BATCH_GET_BYTES: Final = 16 * 1024 * 1024

#: The actions of one transaction: API reference, TransactWriteItems and TransactGetItems.
TRANSACTION_ACTIONS: Final = 100
#: The size of all items that one transaction writes or reads: as :data:`TRANSACTION_ACTIONS`.
TRANSACTION_BYTES: Final = 4 * 1024 * 1024
#: The characters of a transaction's token: API reference, TransactWriteItems, ClientRequestToken.
TRANSACTION_TOKEN_CHARACTERS: Final = 36
#: How long the service remembers a token, in seconds: as :data:`TRANSACTION_TOKEN_CHARACTERS`.
TRANSACTION_TOKEN_SECONDS: Final = 600

#: The data that is read for one page, before any filter: API reference, Query and Scan.
PAGE_BYTES: Final = 1024 * 1024

#: The segments of a scan: API reference, Scan, TotalSegments.
SCAN_SEGMENTS: Final = 1_000_000

#: The bytes that one capacity unit reads consistently: "DynamoDB read and write operations".
READ_UNIT_BYTES: Final = 4 * 1024
#: The bytes that one capacity unit writes: as :data:`READ_UNIT_BYTES`.
WRITE_UNIT_BYTES: Final = 1024

#: The operands of IN: "Quotas in Amazon DynamoDB", section "Expression parameters".
IN_OPERANDS: Final = 100
#: The operators and functions of one expression: as :data:`IN_OPERANDS`.
EXPRESSION_OPERATORS: Final = 300
#: The bytes of one expression's text: as :data:`IN_OPERANDS`.
EXPRESSION_BYTES: Final = 4096

#: The bytes of an attribute's name in an expression: DynamoDB Local.
NAME_BYTES: Final = 65_535
#: The largest index into a list in an expression: DynamoDB Local.
LARGEST_INDEX: Final = 2**31 - 1

#: A regular expression that the names of tables and indexes match as a whole: API reference, CreateTable, TableName.
TABLE_NAME_PATTERN: Final = r"[a-zA-Z0-9_.-]{3,255}"

#: The names in a page of ``ListTables``: "ListTables" in the API reference.
TABLE_NAMES: Final = 100
#: The tags of one table, without those that AWS creates: "Tagging restrictions in DynamoDB".
TAGS: Final = 50
#: The characters of a tag's key: as :data:`TAGS`.
TAG_KEY_CHARACTERS: Final = 128
#: The characters of a tag's value: as :data:`TAGS`.
TAG_VALUE_CHARACTERS: Final = 256
#: A regular expression that a tag's key and value match as a whole: as :data:`TAGS`.
TAG_PATTERN: Final = r"[\w\s+\-=.:/@]*"
#: How no tag's key may begin: as :data:`TAGS`.
TAG_RESERVED_PREFIX: Final = "aws:"
