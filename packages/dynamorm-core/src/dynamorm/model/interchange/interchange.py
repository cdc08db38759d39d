"""The verbs that make instances of other forms, and other forms of instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own


@own
class Interchange(StoredInstance):
    """A base of :class:`~dynamorm.DynaModel`, with what exchanges items with the world outside of the table."""

    __slots__ = ()

    @overload
    @classmethod
    def from_image(cls, image: None, *, partial: bool = False) -> None: ...

    @overload
    @classmethod
    def from_image(cls, image: Mapping[str, Any], *, partial: bool = False) -> Self: ...

    @classmethod
    def from_image(cls, image: Mapping[str, Any] | None, *, partial: bool = False) -> Self | None:
        """Return the instance of an *image*: an item in DynamoDB JSON, from a stream record or an export to S3.

        ::

            book = Book.from_image(record["dynamodb"].get("NewImage"))    # a Lambda function's event
            book = Book.from_image(json.loads(line)["Item"])              # a line of a full export

        Binary values may be base64, as in events and exports, or bytes, as boto3 returns them. The instance is as if it
        had been read: attributes that the schema does not know are kept, ``save(partial=True)`` and ``update`` write
        changes only, and only if the item is still there. The item may have changed since the image was taken:
        ``save()`` puts it back as it was, unless the model has a version.

        Args:
            image: The image; ``None``, where the record has none, returns ``None``.
            partial: The image lacks attributes: it holds the ``Keys`` of a record, for example.

        Raises:
            ValidationError: The schema refuses the item.
            DynaModelException: It is no image.
        """
        from dynamorm.model.interchange.images import from_image  # deferred: start-up cost

        return from_image(cls, image, partial=partial)
