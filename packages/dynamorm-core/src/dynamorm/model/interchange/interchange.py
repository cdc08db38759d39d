"""The verbs that make instances of other forms, and other forms of instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own


class LazySerializer:
    """The serializer of each model, by which Pydantic writes an instance where no type says what it is."""

    def __get__(self, instance: object, owner: Any) -> object:
        from dynamorm.model.interchange.pydantic_types import serializer_of  # deferred: start-up cost

        return serializer_of(owner)


@own
class Interchange(StoredInstance):
    """A base of :class:`~dynamorm.DynaModel`, with what exchanges items with the world outside of the table."""

    __slots__ = ()

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
            image: The image; ``None``, where the record has none, returns ``None``, and so does the guard of a unique
                value.
            partial: The image lacks attributes: it holds the ``Keys`` of a record, for example.

        Raises:
            ValidationError: The schema refuses the item.
            DynaModelException: It is no image.
        """
        from dynamorm.model.interchange.images import from_image  # deferred: start-up cost

        return from_image(cls, image, partial=partial)

    def to_json(self) -> str:
        """Return the instance as a JSON object, by field name, which :meth:`from_json` reads again.

        Values are as the schema library writes them in JSON. What JSON lacks is base64 for bytes, a sorted list for a
        set, and a number with all its digits for a ``Decimal``. A field that is not set is ``null``, unless the
        instance was read in part. Attributes of the stored item that the schema does not know are left out.

        Raises:
            ValidationError: The schema refuses the values.
        """
        from dynamorm.model.interchange.documents import document_of  # deferred: start-up cost
        from dynamorm.model.interchange.json_text import text_of  # deferred: start-up cost

        return text_of(document_of(self))

    @classmethod
    def from_json(cls, text: str | bytes | bytearray, *, partial: bool = False) -> Self:
        """Return a new instance of the JSON object in a *text*, by field name, as :meth:`to_json` writes it.

        It is validated, and names that the schema lacks are treated, as by the constructor. Fields that the schema
        computes are ignored.

        Args:
            text: The JSON.
            partial: Allow required fields to be missing, and don't fill in defaults.

        Raises:
            ValidationError: The schema refuses the values.
            DynaModelException: The text is no JSON object.
        """
        from dynamorm.model.interchange.documents import instance_of  # deferred: start-up cost
        from dynamorm.model.interchange.json_text import parse  # deferred: start-up cost

        return instance_of(cls, parse(text, cls._mapper.model_name), partial=partial)

    def to_schema(self) -> Any:
        """Return an object of the schema library with the values of this instance, validated, and independent of it.

        With Pydantic it is an instance of the model's ``Schema``, a ``BaseModel``; with Schematics a ``Model``.

        Raises:
            ValidationError: The schema refuses the values.
            DynaModelException: The schema library has no objects of its own, as Marshmallow.
        """
        from dynamorm.model.interchange.documents import schema_object  # deferred: start-up cost

        return schema_object(self)

    @classmethod
    def from_schema(cls, given: Any) -> Self:
        """Return a new instance with the values of an object of the schema library, which are validated again.

        The object is an instance of the model's ``Schema``, or of the class that this was made of.

        Raises:
            ValidationError: The schema refuses the values.
            DynaModelException: It is no such object, or the schema library has none.
        """
        from dynamorm.model.interchange.documents import from_schema_object  # deferred: start-up cost

        return from_schema_object(cls, given)

    # What Pydantic asks a class for

    if not TYPE_CHECKING:
        __pydantic_serializer__ = LazySerializer()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return the core schema with which Pydantic makes and writes instances."""
        from dynamorm.model.interchange.pydantic_types import core_schema_of  # deferred: start-up cost

        return core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        """Return the JSON Schema, for OpenAPI."""
        from dynamorm.model.interchange.json_schemas import json_schema_of  # deferred: start-up cost

        return json_schema_of(cls._mapper, handler)
