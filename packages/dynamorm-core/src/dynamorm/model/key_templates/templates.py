"""Templates of keys, bound to the fields of a schema: values to the text of a key, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from dynamorm.data import limits
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeValue, type_of
from dynamorm.exceptions import InvalidKey
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.key_templates.field_forms import field_of, form_of
from dynamorm.model.key_templates.forms import Form, KeyField
from dynamorm.model.key_templates.syntax import Placeholder, parsed
from dynamorm.ports.schemas import SchemaField

Values = Mapping[str, AttributeValue]


class Template:
    """A template that was checked against the fields of a schema.

    Unless it folds a field, :attr:`format` never gives one key for two sets of values, and :meth:`parse` is its
    inverse.
    """

    #: Return the key that the stored values give, by field name, all of which are there. Raises
    #: :class:`~dynamorm.exceptions.InvalidKey` for a value that can't be in a key.
    format: Callable[[Values], AttributeValue]

    def __init__(
        self,
        key: Key,
        attribute: KeyAttribute,
        parts: tuple[str | Form, ...],
        number: str | None = None,
        separator: str = "#",
    ) -> None:
        self.text = key.template
        #: The name of the key attribute.
        self.attribute = attribute.name
        self.type = attribute.type
        #: Literal text and the forms of fields, in turn; of a key that is not text, none.
        self.parts = parts
        self.separator = separator
        #: The form of each field, by its name.
        self.forms: Mapping[str, Form] = {part.field.name: part for part in parts if isinstance(part, Form)}
        #: The names of the fields in their order; of values below fields with a dot, ``address.city``.
        self.fields: tuple[str, ...] = tuple(self.forms) if number is None else (number,)
        self.only_key = frozenset(key.only_key)
        self.format = self._formatted if number is None else self._number_of
        self._number = number
        self._literal = "".join("%s" if isinstance(part, Form) else part.replace("%", "%%") for part in parts)
        self._writers: tuple[tuple[str, Callable[[AttributeValue], str]], ...] = tuple(
            (name, form.text) for name, form in self.forms.items()
        )

    def __repr__(self) -> str:
        return f"<Template {self.text!r} of '{self.attribute}'>"

    def _formatted(self, values: Values) -> AttributeValue:
        return self._literal % tuple([write(values[name]) for name, write in self._writers])

    def _number_of(self, values: Values) -> AttributeValue:
        return values[self.fields[0]]

    def parse(self, key: AttributeValue) -> dict[str, AttributeValue] | None:
        """Return the stored values by field name that give a *key*; ``None`` if this template does not give it.

        Fields of which the key has only a folded form are left out.
        """
        if self._number is not None:
            return {self._number: key} if type_of(key) == self.type else None
        found = self._pattern.fullmatch(key) if isinstance(key, str) else None
        if found is None:
            return None
        values: dict[str, AttributeValue] = {}
        for (name, form), text in zip(self.forms.items(), found.groups(), strict=True):
            value = form.value(text)
            if value is None:
                return None
            if form.reversible:
                values[name] = value
        return values

    def gives_back(self, name: str) -> bool:
        """Return whether :meth:`parse` gives back the value of the field of this *name*."""
        return name in self.fields and (name not in self.forms or self.forms[name].reversible)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        patterns = (f"({part.pattern})" if isinstance(part, Form) else re.escape(part) for part in self.parts)
        return re.compile("".join(patterns))


def bind(
    key: Key,
    fields: Mapping[str, SchemaField],
    *,
    model_name: str,
    attribute: KeyAttribute,
    separator: str = "#",
    escape: bool = False,
    label: str,
    most_bytes: int = limits.HASH_KEY_BYTES,
    ordered: bool = False,
    owner: str | None = None,
) -> Template:
    """Return the template of a *key*, checked against the *fields* of a schema.

    Args:
        key: The declaration.
        fields: The fields of the model by name.
        model_name: The model, for messages.
        attribute: The key attribute.
        separator: What separates the values of fields in text: one character.
        escape: Whether a separator in a value is escaped instead of refused.
        label: The key in messages, such as "the range_key of the Table of Order".
        most_bytes: The most bytes that DynamoDB allows in the key.
        ordered: Whether keys must sort as the values do: a range key.
        owner: What has the setting ``escape``, for messages: "the Table of Order", or the name of a shared table.

    Raises:
        InvalidSchemaField: The schema has no field of a name in the template.
        InvalidKey: The template has no form that is a key, or a field that can't be part of one.
    """
    refuse_invalid_separator(separator, label, escape=escape)
    _refuse_attribute_of_schema(fields, attribute, model_name, label)
    found = parsed(key.template, label)
    _refuse_unknown_only_key(key, found, label)
    if attribute.type != "S":
        return Template(key, attribute, (), _only_field(found, fields, attribute, model_name, label))
    parts: list[str | Form] = []
    for part in found:
        if isinstance(part, str):
            parts.append(part)
            continue
        field = KeyField(part.name, model_name, attribute.name, owner or f"the Table of {model_name}")
        schema_field = field_of(fields, part, model_name, label)
        if ordered and not schema_field.ordered:
            raise _unordered(part.name, label)
        parts.append(form_of(schema_field, part, field, separator, escape=escape, label=label))
    _refuse_undelimited(parts, separator, label)
    _refuse_folded_only_key(parts, key, label)
    _refuse_too_long(parts, most_bytes, label)
    return Template(key, attribute, tuple(parts), separator=separator)


def refuse_invalid_separator(separator: object, label: str, *, escape: bool) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` for a *separator* with which keys would be ambiguous."""
    if not isinstance(separator, str) or len(separator) != 1 or separator.isalnum() or separator in "{}\U0010ffff":
        raise InvalidKey(
            f"The separator in {label} must be one character that is no letter, digit or brace, such as '#', '|' or "
            "'\\x1f'."
        )
    if escape and separator == "%":
        raise InvalidKey(f"The separator in {label} can't be '%' with escape = True, which writes separators with it.")


def _refuse_attribute_of_schema(
    fields: Mapping[str, SchemaField], attribute: KeyAttribute, model_name: str, label: str
) -> None:
    for name, field in fields.items():
        if field.attribute == attribute.name:
            raise InvalidKey(
                f"The key attribute '{attribute.name}' of {label} is computed from a template, but the field '{name}' "
                f"of {model_name} is stored as that attribute. Remove the field from the schema, or give the key "
                "another attribute."
            )


def _refuse_unknown_only_key(key: Key, parts: tuple[str | Placeholder, ...], label: str) -> None:
    names = [part.name for part in parts if isinstance(part, Placeholder)]
    for name in key.only_key:
        if name not in names:
            raise InvalidKey(
                f"only_key of {label} names '{name}', which is not in the template, so that it would be stored "
                f"nowhere. The template has {', '.join(names) or 'no fields'}."
            )
        if "." in name:
            raise InvalidKey(
                f"only_key of {label} names '{name}', which is a part of a field. Only whole fields can be left out of "
                "the item."
            )


def _only_field(
    parts: tuple[str | Placeholder, ...],
    fields: Mapping[str, SchemaField],
    attribute: KeyAttribute,
    model_name: str,
    label: str,
) -> str:
    """Return the only field of the template of a key that is not text."""
    kind = KEY_TYPE_NAMES[attribute.type]
    part = parts[0]
    if len(parts) != 1 or isinstance(part, str) or part.spec:
        raise InvalidKey(
            f"The key attribute '{attribute.name}' of {label} is {kind}, so its template is one field and nothing "
            "else, such as Key('{number}')."
        )
    field = field_of(fields, part, model_name, label)
    if field.key_type != attribute.type:
        raise InvalidKey(
            f"The key attribute '{attribute.name}' of {label} is {kind}, but the field '{part.name}' of {model_name} "
            "is stored as another type. Use a field of that type, or a key that is a string."
        )
    return part.name


def _unordered(name: str, label: str) -> InvalidKey:
    return InvalidKey(
        f"'{name}' in the template of {label} has a field type whose stored form does not sort like its values, so a "
        "query would return items in the wrong order. Use a field that is stored in order, such as a number of seconds "
        "for a duration, or leave it to the hash_key. For a table that has such a key already, 'unordered_range_key = "
        "True' in Table keeps get, put and queries by the fields before it."
    )


def _refuse_undelimited(parts: list[str | Form], separator: str, label: str) -> None:
    """Refuse text between two fields that could be a part of the first one's value."""
    for place, part in enumerate(parts[:-2]):
        literal = parts[place + 1]
        if isinstance(part, Form) and isinstance(literal, str) and separator not in literal and not part.is_delimited:
            raise InvalidKey(
                f"The template of {label} has no separator, '{separator}', in the text after '{part.field.name}', so "
                "that different values would give one key. Write it between the fields, or set the separator of the "
                "table."
            )


def _refuse_folded_only_key(parts: list[str | Form], key: Key, label: str) -> None:
    for part in parts:
        if isinstance(part, Form) and not part.reversible and part.field.name in key.only_key:
            raise InvalidKey(
                f"only_key of {label} names '{part.field.name}', of which the key has only a folded form, from which "
                "its value can't be read. Leave it out of only_key."
            )


def _refuse_too_long(parts: list[str | Form], most_bytes: int, label: str) -> None:
    literals = sum(len(part.encode()) for part in parts if isinstance(part, str))
    if literals > most_bytes:
        raise InvalidKey(
            f"The template of {label} has {literals:,} bytes of text besides its fields, and DynamoDB allows keys of "
            f"{most_bytes:,} bytes there. Shorten it."
        )
