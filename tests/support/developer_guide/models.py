"""The tables of the developer guide as models; the page of the documentation has them in Marshmallow's words."""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectKeys
from dynamorm.testing.schemas import fields


class ProductCatalog(DynaModel):
    class Table:
        name = "ProductCatalog"
        hash_key = "Id"

    class Schema:
        Id = fields.integer(required=True)
        Title = fields.text()
        Description = fields.text()
        BicycleType = fields.text()
        Brand = fields.text()
        Manufacturer = fields.text()
        Price = fields.integer()
        Color = fields.anything()
        ProductCategory = fields.text()
        InStock = fields.boolean()
        QuantityOnHand = fields.integer()
        RelatedItems = fields.list_of(fields.anything())
        Pictures = fields.map_of(fields.text())
        ProductReviews = fields.map_of(fields.list_of(fields.text()))
        Comment = fields.text()
        VideoClip = fields.anything()
        SafetyWarning = fields.text(attribute="Safety.Warning")


class Music(DynaModel):
    class Table:
        name = "Music"
        hash_key = "Artist"
        range_key = "SongTitle"

    class GenreAlbumTitle(GlobalIndex):
        name = "GenreAlbumTitle"
        hash_key = "Genre"
        range_key = "AlbumTitle"
        projection = ProjectAll()

    class Schema:
        Artist = fields.text(required=True)
        SongTitle = fields.text(required=True)
        AlbumTitle = fields.text()
        Awards = fields.integer()
        Genre = fields.text()
        Year = fields.integer()


class Forum(DynaModel):
    class Table:
        name = "Forum"
        hash_key = "Name"

    class Schema:
        Name = fields.text(required=True)
        Category = fields.text()
        Threads = fields.integer()
        Messages = fields.integer()
        Views = fields.integer()


class Thread(DynaModel):
    class Table:
        name = "Thread"
        hash_key = "ForumName"
        range_key = "Subject"

    class LastPostIndex(LocalIndex):
        name = "LastPostIndex"
        hash_key = "ForumName"
        range_key = "LastPostedDateTime"
        projection = ProjectAll()

    class Schema:
        ForumName = fields.text(required=True)
        Subject = fields.text(required=True)
        Message = fields.text()
        LastPostedBy = fields.text()
        LastPostedDateTime = fields.text()
        Views = fields.integer()
        Replies = fields.integer()
        Answered = fields.integer()
        Tags = fields.list_of(fields.text())


class Reply(DynaModel):
    class Table:
        name = "Reply"
        hash_key = "Id"
        range_key = "ReplyDateTime"

    class PostedByMessage(GlobalIndex):
        name = "PostedBy-Message-Index"
        hash_key = "PostedBy"
        range_key = "Message"
        projection = ProjectKeys()

    class Schema:
        Id = fields.text(required=True)
        ReplyDateTime = fields.text(required=True)
        Message = fields.text()
        PostedBy = fields.text()


MODELS: Mapping[str, type[DynaModel]] = {
    "ProductCatalog": ProductCatalog,
    "Music": Music,
    "Forum": Forum,
    "Thread": Thread,
    "Reply": Reply,
}
