"""What an example of the developer guide consists of, and how it is carried out: as DynamORM spells it, and as it stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from dynamorm import DynaModel, Q
from dynamorm.data import AttributeValue, Item, PutItem, normalise_item
from dynamorm.exceptions import ConditionFailed
from tests.support.developer_guide.items import STORED
from tests.support.tables import table_of

#: The models of the guide's tables, by their names, which are those of the tables.
Models: TypeAlias = Mapping[str, type[DynaModel]]
#: Sends a request through boto3's client: the operation's method, and its parameters.
Send: TypeAlias = Callable[..., Mapping[str, Any]]
#: What comes of a write: the item as it is then, and whether it was refused.
Outcome: TypeAlias = tuple[Item | None, bool]

_serialise, _deserialise = TypeSerializer().serialize, TypeDeserializer().deserialize


@dataclass(frozen=True, kw_only=True)
class Example(ABC):
    """One example of the guide.

    ``expression`` is the guide's text, with its ``names`` and ``values``; ``spellings`` are Python, each of which does
    the same with the models.
    """

    section: str
    expression: str
    spellings: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, AttributeValue] = field(default_factory=dict)

    @property
    @abstractmethod
    def expected(self) -> Any:
        """What has to come of it."""

    @abstractmethod
    def carried_out(self, spelling: str, models: Models) -> Any:
        """What comes of a *spelling*, with *models* whose tables are there."""

    @abstractmethod
    def sent(self, send: Send, models: Models) -> Any:
        """What comes of the guide's own text."""

    def evaluated(self, spelling: str, models: Models) -> Any:
        """The value of a *spelling*."""
        return eval(spelling, {**models, "Q": Q})

    def _placeholders(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if self.names:
            parameters["ExpressionAttributeNames"] = dict(self.names)
        if self.values:
            parameters["ExpressionAttributeValues"] = serialised(self.values)
        return parameters


@dataclass(frozen=True, kw_only=True)
class Condition(Example):
    """A condition, of a delete here: whether it ``holds`` for the ``item``."""

    item: Item
    holds: bool = True

    @property
    def expected(self) -> Outcome:
        return (None, False) if self.holds else (self.item, True)

    def carried_out(self, spelling: str, models: Models) -> Outcome:
        model = models["ProductCatalog"]
        _put(model, self.item)
        return _outcome(
            lambda: model(Id=self.item["Id"]).delete(conditions=self.evaluated(spelling, models)), model, self.item
        )

    def sent(self, send: Send, models: Models) -> Outcome:
        model = models["ProductCatalog"]
        _put(model, self.item)
        parameters = {"Key": serialised(_key(model, self.item)), "ConditionExpression": self.expression}
        return _outcome(
            lambda: send("delete_item", TableName="ProductCatalog", **parameters, **self._placeholders()),
            model,
            self.item,
        )


@dataclass(frozen=True, kw_only=True)
class Write(Example):
    """A write: the item ``before`` and ``after`` it, and whether its condition fails.

    ``condition`` is the guide's condition expression; ``operation`` is a method of boto3's client. A put writes the ``item``.
    """

    operation: str = "update_item"
    table: str = "ProductCatalog"
    condition: str | None = None
    item: Item | None = None
    before: Item | None
    after: Item | None
    refused: bool = False

    @property
    def expected(self) -> Outcome:
        return self.after, self.refused

    def carried_out(self, spelling: str, models: Models) -> Outcome:
        model = models[self.table]
        self._begin(model)
        return _outcome(lambda: self.evaluated(spelling, models), model, self._subject())

    def sent(self, send: Send, models: Models) -> Outcome:
        model = models[self.table]
        self._begin(model)
        parameters = self._placeholders()
        if self.operation == "put_item":
            parameters["Item"] = serialised(self._subject())
        else:
            parameters["Key"] = serialised(_key(model, self._subject()))
        if self.operation == "update_item":
            parameters["UpdateExpression"] = self.expression
        condition = self.condition if self.operation == "update_item" else self.expression
        if condition is not None:
            parameters["ConditionExpression"] = condition
        return _outcome(lambda: send(self.operation, TableName=self.table, **parameters), model, self._subject())

    def _subject(self) -> Item:
        subject = self.item or self.before or self.after
        assert subject is not None
        return subject

    def _begin(self, model: type[DynaModel]) -> None:
        _put(model, self._subject())
        if self.before is None:
            table_of(model).delete_item(**_key(model, self._subject()))
        else:
            _put(model, self.before)


@dataclass(frozen=True, kw_only=True)
class Read(Example):
    """A read of the stored items: those that are ``found``, in their order, but for a scan.

    ``parameter`` is the one of boto3's client that the expression is given as; ``others`` are more of them.
    """

    operation: str
    parameter: str
    table: str
    others: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[Item, ...]

    @property
    def expected(self) -> list[Item]:
        return self._in_order(self.found)

    def carried_out(self, spelling: str, models: Models) -> list[Item]:
        self._begin(models)
        return self._in_order(normalise_item(instance.to_dict()) for instance in self.evaluated(spelling, models))

    def sent(self, send: Send, models: Models) -> list[Item]:
        self._begin(models)
        answer = send(
            self.operation,
            TableName=self.table,
            **{self.parameter: self.expression},
            **self.others,
            **self._placeholders(),
        )
        items = [answer["Item"]] if self.operation == "get_item" else answer["Items"]
        return self._in_order(
            normalise_item({name: _deserialise(value) for name, value in item.items()}) for item in items
        )

    def _begin(self, models: Models) -> None:
        for item in STORED[self.table]:
            _put(models[self.table], item)

    def _in_order(self, items: Iterable[Item]) -> list[Item]:
        # What is NULL at the top is None to an instance, as what is missing is.
        stored: list[Item] = [{name: value for name, value in item.items() if value is not None} for item in items]
        return sorted(stored, key=lambda item: sorted(map(repr, item.items()))) if self.operation == "scan" else stored


def serialised(values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* as boto3 serialises them, which shares no code with DynamORM."""
    return {name: _serialise(value) for name, value in values.items()}


def _put(model: type[DynaModel], item: Item) -> None:
    # Past the model and its table, which store no NULL at the top.
    table_of(model).layout.connection().execute(PutItem(table_of(model).name, item))


def _key(model: type[DynaModel], item: Item) -> Item:
    spec = table_of(model).spec
    return {attribute.name: item[attribute.name] for attribute in spec.key_attributes}


def _outcome(write: Callable[[], object], model: type[DynaModel], subject: Item) -> Outcome:
    refused = False
    try:
        write()
    except ConditionFailed:
        refused = True
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        refused = True
    return table_of(model).get(consistent=True, **_key(model, subject)), refused
