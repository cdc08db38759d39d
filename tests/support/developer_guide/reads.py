"""The examples of the developer guide's chapters on projections, names, key conditions and filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data import AttributeValue, Item
from tests.support.developer_guide.examples import Example, Read, serialised
from tests.support.developer_guide.items import BICYCLE, STORED, parts

_THREAD_1, _THREAD_2, _S3_THREAD = STORED["Thread"]
_REPLY_1, _REPLY_2, _REPLY_3, _REPLY_4 = STORED["Reply"]
_HAPPY_DAY, _PARTIQL, _CALL_ME, _HOWDY = STORED["Music"]
_REVIEWS: Any = BICYCLE["ProductReviews"]
_PICTURES: Any = BICYCLE["Pictures"]

_TOP_LEVEL = "Top-level attributes"
_NESTED = "Nested attributes and list elements"
_RESERVED = "Reserved words"
_SPECIAL = "Names with special characters"
_NESTED_NAMES = "Nested names"
_REPEATED = "Names that are used again"


def _projection(
    section: str, expression: str, attrs: str, found: Item, names: Mapping[str, str] | None = None
) -> Example:
    """A projection of the bicycle, with what it reads."""
    return Read(
        section=section,
        operation="get_item",
        parameter="ProjectionExpression",
        table="ProductCatalog",
        others={"Key": serialised({"Id": 123})},
        expression=expression,
        names=names or {},
        spellings=(
            f'ProductCatalog.get_batch([{{"Id": 123}}], attrs="{attrs}")',
            f"ProductCatalog.query(Id=123).specific_attributes({attrs.split(', ')!r})".replace("'", '"'),
        ),
        found=(found,),
    )


def _query(
    section: str,
    table: str,
    expression: str,
    values: Mapping[str, AttributeValue],
    found: tuple[Item, ...],
    *spellings: str,
    names: Mapping[str, str] | None = None,
    **others: Any,
) -> Example:
    """A query, with what it reads."""
    return Read(
        section=section,
        operation="query",
        parameter="KeyConditionExpression",
        table=table,
        others=others,
        expression=expression,
        names=names or {},
        values=values,
        spellings=spellings,
        found=found,
    )


#: "Using projection expressions in DynamoDB".
PROJECTIONS: tuple[Example, ...] = (
    _projection(_TOP_LEVEL, "Title", "Title", parts(BICYCLE, "Title")),
    _projection(_TOP_LEVEL, "Title, Price, Color", "Title, Price, Color", parts(BICYCLE, "Title", "Price", "Color")),
    _projection(
        _NESTED,
        "Title, Description, RelatedItems[0], ProductReviews.FiveStar",
        "Title, Description, RelatedItems[0], ProductReviews.FiveStar",
        {
            **parts(BICYCLE, "Title", "Description"),
            "RelatedItems": [341],
            "ProductReviews": {"FiveStar": _REVIEWS["FiveStar"]},
        },
    ),
    _projection(
        _NESTED, "Pictures.FrontView", "Pictures.FrontView", {"Pictures": {"FrontView": _PICTURES["FrontView"]}}
    ),
    _projection(
        _NESTED,
        "ProductReviews.FiveStar[0]",
        "ProductReviews.FiveStar[0]",
        {"ProductReviews": {"FiveStar": _REVIEWS["FiveStar"][:1]}},
    ),
    _projection(
        _NESTED, "RelatedItems[0], RelatedItems[2]", "RelatedItems[0], RelatedItems[2]", {"RelatedItems": [341, 649]}
    ),
)

#: "Expression attribute names (aliases) in DynamoDB".
NAMES: tuple[Example, ...] = (
    _projection(_RESERVED, "#c", "Comment", parts(BICYCLE, "Comment"), {"#c": "Comment"}),
    _projection(_SPECIAL, "#sw", "SafetyWarning", parts(BICYCLE, "Safety.Warning"), {"#sw": "Safety.Warning"}),
    _projection(
        _NESTED_NAMES,
        "#pr.#1star",
        "ProductReviews.OneStar",
        {"ProductReviews": {"OneStar": _REVIEWS["OneStar"]}},
        {"#pr": "ProductReviews", "#1star": "OneStar"},
    ),
    _projection(
        _REPEATED,
        "#pr.FiveStar, #pr.ThreeStar, #pr.OneStar",
        "ProductReviews.FiveStar, ProductReviews.ThreeStar, ProductReviews.OneStar",
        {"ProductReviews": _REVIEWS},
        {"#pr": "ProductReviews"},
    ),
)

_THREADS = "The table Thread"
_REPLIES = "The table Reply"
_SONGS = "The table Music"
_THREAD_ID = "Amazon DynamoDB#DynamoDB Thread 1"

#: "Key condition expressions for the Query operation in DynamoDB".
KEY_CONDITIONS: tuple[Example, ...] = (
    _query(
        _THREADS,
        "Thread",
        "ForumName = :name",
        {":name": "Amazon DynamoDB"},
        (_THREAD_1, _THREAD_2),
        'Thread.query(ForumName="Amazon DynamoDB")',
        'Thread.query(Thread.ForumName == "Amazon DynamoDB")',
    ),
    _query(
        _THREADS,
        "Thread",
        "ForumName = :name and Subject = :sub",
        {":name": "Amazon DynamoDB", ":sub": "DynamoDB Thread 1"},
        (_THREAD_1,),
        'Thread.query(ForumName="Amazon DynamoDB", Subject="DynamoDB Thread 1")',
    ),
    _query(
        _THREADS,
        "Thread",
        "ForumName = :name and LastPostedDateTime > :date",
        {":name": "Amazon DynamoDB", ":date": "2015-09-15T20:00:00.000Z"},
        (_THREAD_1,),
        'Thread.LastPostIndex.query(ForumName="Amazon DynamoDB", LastPostedDateTime__gt="2015-09-15T20:00:00.000Z")',
        IndexName="LastPostIndex",
    ),
    _query(
        _REPLIES,
        "Reply",
        "Id = :id and begins_with(ReplyDateTime, :dt)",
        {":id": _THREAD_ID, ":dt": "2015-09"},
        (_REPLY_1, _REPLY_2),
        f'Reply.query(Id="{_THREAD_ID}", ReplyDateTime__begins_with="2015-09")',
        f'Reply.query(Reply.Id == "{_THREAD_ID}", Reply.ReplyDateTime.begins_with("2015-09"))',
    ),
    *(
        _query(
            _REPLIES,
            "Reply",
            f"Id = :id and ReplyDateTime {comparator} :dt",
            {":id": _THREAD_ID, ":dt": "2015-09-22T19:58:22.947Z"},
            found,
            f'Reply.query(Id="{_THREAD_ID}", ReplyDateTime__{operator}="2015-09-22T19:58:22.947Z")',
        )
        for comparator, operator, found in (
            ("<", "lt", (_REPLY_1,)),
            ("<=", "lte", (_REPLY_1, _REPLY_2)),
            (">", "gt", ()),
            (">=", "gte", (_REPLY_2,)),
        )
    ),
    _query(
        _REPLIES,
        "Reply",
        "Id = :id and ReplyDateTime BETWEEN :from AND :to",
        {":id": _THREAD_ID, ":from": "2015-09-16", ":to": "2015-09-30"},
        (_REPLY_2,),
        f'Reply.query(Id="{_THREAD_ID}", ReplyDateTime__between=["2015-09-16", "2015-09-30"])',
    ),
    _query(
        _REPLIES,
        "Reply",
        "PostedBy = :user and begins_with(Message, :text)",
        {":user": "User A", ":text": "DynamoDB Thread 2"},
        (_REPLY_3, _REPLY_4),
        'Reply.PostedByMessage.query(PostedBy="User A", Message__begins_with="DynamoDB Thread 2")',
        IndexName="PostedBy-Message-Index",
    ),
    _query(
        _SONGS,
        "Music",
        "Artist = :artist",
        {":artist": "No One You Know"},
        (_CALL_ME, _HOWDY),
        'Music.query(Artist="No One You Know")',
    ),
    _query(
        _SONGS,
        "Music",
        "Artist = :artist and SongTitle = :song",
        {":artist": "No One You Know", ":song": "Call Me Today"},
        (_CALL_ME,),
        'Music.query(Artist="No One You Know", SongTitle="Call Me Today")',
    ),
    _query(
        _SONGS,
        "Music",
        "Artist = :artist and begins_with(SongTitle, :letter)",
        {":artist": "Acme Band", ":letter": "P"},
        (_PARTIQL,),
        'Music.query(Artist="Acme Band", SongTitle__begins_with="P")',
    ),
    _query(
        _SONGS,
        "Music",
        "Genre = :genre and AlbumTitle < :title",
        {":genre": "Rock", ":title": "T"},
        (_HAPPY_DAY,),
        'Music.GenreAlbumTitle.query(Genre="Rock", AlbumTitle__lt="T")',
        IndexName="GenreAlbumTitle",
    ),
)

_OF_A_QUERY = "Filters of queries"
_OF_A_SCAN = "Filters of scans"

#: "Filter expressions for the Query operation in DynamoDB" and "Scanning tables in DynamoDB".
FILTERS: tuple[Example, ...] = (
    Read(
        section=_OF_A_QUERY,
        operation="query",
        parameter="FilterExpression",
        table="Thread",
        others={"KeyConditionExpression": "ForumName = :fn"},
        expression="#v >= :num",
        names={"#v": "Views"},
        values={":fn": "Amazon DynamoDB", ":num": 3},
        spellings=(
            'Thread.query(ForumName="Amazon DynamoDB", Views__gte=3)',
            'Thread.query(Thread.ForumName == "Amazon DynamoDB", Thread.Views >= 3)',
        ),
        found=(_THREAD_2,),
    ),
    Read(
        section=_OF_A_SCAN,
        operation="scan",
        parameter="FilterExpression",
        table="Thread",
        expression="LastPostedBy = :name",
        values={":name": "User A"},
        spellings=('Thread.scan(LastPostedBy="User A")', 'Thread.scan(Thread.LastPostedBy == "User A")'),
        found=(_THREAD_1, _THREAD_2, _S3_THREAD),
    ),
    Read(
        section=_OF_A_SCAN,
        operation="scan",
        parameter="FilterExpression",
        table="ProductCatalog",
        expression="contains(Color, :c) and Price <= :p",
        values={":c": "Black", ":p": 500},
        spellings=('ProductCatalog.scan(Color__contains="Black", Price__lte=500)',),
        found=(BICYCLE,),
    ),
    Read(
        section=_OF_A_SCAN,
        operation="scan",
        parameter="FilterExpression",
        table="Forum",
        expression="#n = :n AND attribute_exists(#v)",
        names={"#n": "Name", "#v": "Views"},
        values={":n": "Amazon DynamoDB"},
        spellings=('Forum.scan(Name="Amazon DynamoDB", Views__exists=True)',),
        found=(STORED["Forum"][0],),
    ),
)

EXAMPLES: tuple[Example, ...] = (*PROJECTIONS, *NAMES, *KEY_CONDITIONS, *FILTERS)
