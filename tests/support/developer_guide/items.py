"""The items of the developer guide's chapters on expressions, by attribute name."""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm.data import Item

#: "Referring to item attributes when using expressions in DynamoDB".
BICYCLE: Item = {
    "Id": 123,
    "Title": "Bicycle 123",
    "Description": "123 description",
    "BicycleType": "Hybrid",
    "Brand": "Brand-Company C",
    "Price": 500,
    "Color": ["Red", "Black"],
    "ProductCategory": "Bicycle",
    "InStock": True,
    "QuantityOnHand": None,
    "RelatedItems": [341, 472, 649],
    "Pictures": {
        "FrontView": "http://example.com/products/123_front.jpg",
        "RearView": "http://example.com/products/123_rear.jpg",
        "SideView": "http://example.com/products/123_left_side.jpg",
    },
    "ProductReviews": {
        "FiveStar": ["Excellent! Can't recommend it highly enough! Buy it!", "Do yourself a favor and buy this."],
        "OneStar": ["Terrible product! Do not buy this."],
    },
    "Comment": "This product sells out quickly during the summer",
    "Safety.Warning": "Always wear a helmet",
}
#: "DynamoDB condition expression CLI example".
GOODS: Item = {"Id": 456, "ProductCategory": "Sporting Goods", "Price": 650}
#: "Using update expressions in DynamoDB".
TOOL: Item = {"Id": 789, "ProductCategory": "Home Improvement", "Price": 52, "InStock": True, "Brand": "Acme"}

#: The data that "Creating tables and loading data for code examples in DynamoDB" loads, and the items above.
STORED: Mapping[str, tuple[Item, ...]] = {
    "ProductCatalog": (BICYCLE, GOODS, TOOL),
    "Music": (
        {
            "Artist": "Acme Band",
            "SongTitle": "Happy Day",
            "AlbumTitle": "Songs About Life",
            "Awards": 10,
            "Genre": "Rock",
        },
        {"Artist": "Acme Band", "SongTitle": "PartiQL Rocks", "AlbumTitle": "Another Album Title", "Awards": 8},
        {
            "Artist": "No One You Know",
            "SongTitle": "Call Me Today",
            "AlbumTitle": "Somewhat Famous",
            "Awards": 1,
            "Genre": "Country",
        },
        {"Artist": "No One You Know", "SongTitle": "Howdy", "AlbumTitle": "Somewhat Famous", "Awards": 2},
    ),
    "Forum": (
        {"Name": "Amazon DynamoDB", "Category": "Amazon Web Services", "Threads": 2, "Messages": 4, "Views": 1000},
        {"Name": "Amazon S3", "Category": "Amazon Web Services"},
    ),
    "Thread": (
        {
            "ForumName": "Amazon DynamoDB",
            "Subject": "DynamoDB Thread 1",
            "Message": "DynamoDB thread 1 message",
            "LastPostedBy": "User A",
            "LastPostedDateTime": "2015-09-22T19:58:22.514Z",
            "Views": 0,
            "Replies": 0,
            "Answered": 0,
            "Tags": ["index", "primarykey", "table"],
        },
        {
            "ForumName": "Amazon DynamoDB",
            "Subject": "DynamoDB Thread 2",
            "Message": "DynamoDB thread 2 message",
            "LastPostedBy": "User A",
            "LastPostedDateTime": "2015-09-15T19:58:22.514Z",
            "Views": 3,
            "Replies": 0,
            "Answered": 0,
            "Tags": ["items", "attributes", "throughput"],
        },
        {
            "ForumName": "Amazon S3",
            "Subject": "S3 Thread 1",
            "Message": "S3 thread 1 message",
            "LastPostedBy": "User A",
            "LastPostedDateTime": "2015-09-29T19:58:22.514Z",
            "Views": 0,
            "Replies": 0,
            "Answered": 0,
            "Tags": ["largeobjects", "multipart upload"],
        },
    ),
    "Reply": (
        {
            "Id": "Amazon DynamoDB#DynamoDB Thread 1",
            "ReplyDateTime": "2015-09-15T19:58:22.947Z",
            "Message": "DynamoDB Thread 1 Reply 1 text",
            "PostedBy": "User A",
        },
        {
            "Id": "Amazon DynamoDB#DynamoDB Thread 1",
            "ReplyDateTime": "2015-09-22T19:58:22.947Z",
            "Message": "DynamoDB Thread 1 Reply 2 text",
            "PostedBy": "User B",
        },
        {
            "Id": "Amazon DynamoDB#DynamoDB Thread 2",
            "ReplyDateTime": "2015-09-29T19:58:22.947Z",
            "Message": "DynamoDB Thread 2 Reply 1 text",
            "PostedBy": "User A",
        },
        {
            "Id": "Amazon DynamoDB#DynamoDB Thread 2",
            "ReplyDateTime": "2015-10-05T19:58:22.947Z",
            "Message": "DynamoDB Thread 2 Reply 2 text",
            "PostedBy": "User A",
        },
    ),
}


def parts(item: Item, *names: str) -> Item:
    """An *item* with only the attributes of these *names*."""
    return {name: item[name] for name in names}


def without(item: Item, *names: str) -> Item:
    """An *item* without the attributes of these *names*."""
    return {name: value for name, value in item.items() if name not in names}
