"""The forms of stored values in the text of a key, which sorts as the values do.

A form writes a value and reads it again. What it writes is described by *shapes*, from which a template's pattern is
made, and which tell whether two templates can give one key. Only free text has none.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue
from dynamorm.exceptions import InvalidKey
from dynamorm.model.key_templates.syntax import Placeholder

#: The greatest character: it ends the range of what begins with a text. No text in a key begins with it.
GREATEST: Final = "\U0010ffff"
#: Private characters, which stand in shapes for any digit, for a lower-case hexadecimal one, and for 0 or 1.
DIGIT, HEX_DIGIT, BIT = "\ue000", "\ue001", "\ue002"
#: The characters that each of these stands for. Any other character in a shape stands for itself.
CLASSES: Final = {DIGIT: "0123456789", HEX_DIGIT: "0123456789abcdef", BIT: "01"}


@record
class KeyField:
    """A field in a template, as errors name it. *owner* has the settings of the table."""

    name: str
    model_name: str
    attribute: str
    owner: str

    def refused(self, reason: str) -> InvalidKey:
        """Return the exception for a value that can't be part of the key."""
        return InvalidKey(f"'{self.name}' of {self.model_name} {reason}")


class Form(ABC):
    """How the values of one field are written in a key."""

    #: What the form writes, each character standing for itself or a class of characters; empty for free text.
    shapes: tuple[str, ...] = ()
    #: Whether parsing gives the value itself back.
    reversible: bool = True

    def __init__(self, field: KeyField) -> None:
        self.field = field

    @abstractmethod
    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*. Raises :class:`~dynamorm.exceptions.InvalidKey` if it has none."""

    @abstractmethod
    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text* that matches the pattern; ``None`` if this form does not write it."""

    @property
    def pattern(self) -> str:
        """The regular expression of what the form writes."""
        return "|".join("".join(f"[{CLASSES.get(each, re.escape(each))}]" for each in shape) for shape in self.shapes)

    @property
    def is_delimited(self) -> bool:
        """Whether the text ends by itself: none that the form writes begins with another one, which it also writes."""
        return bool(self.shapes) and not any(
            other is not shape and other.startswith(shape) for shape in self.shapes for other in self.shapes
        )


class TextForm(Form):
    """Text as it is. It may not be empty, and not hold the separator."""

    def __init__(self, field: KeyField, separator: str) -> None:
        super().__init__(field)
        self.separator = separator

    @property
    def pattern(self) -> str:
        """The regular expression of what the form writes."""
        return f"[^{re.escape(self.separator)}]+"

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        if type(value) is str and value and self.separator not in value and value[0] != GREATEST:
            return value
        return self.exceptional(value)

    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text*; see :meth:`Form.value`."""
        return None if text[0] == GREATEST else text

    def exceptional(self, value: AttributeValue) -> str:
        """Return the text of a *value* that can't stand in a key as it is, or refuse it."""
        field = self.field
        if not isinstance(value, str):
            raise field.refused(
                f"is part of the key '{field.attribute}' as a string, and was given {_type_name(value)}."
            )
        if not value:
            raise field.refused(
                f"is empty, and is part of the key '{field.attribute}', where an empty string would give another key. "
                "Let the schema refuse it, or use another field there."
            )
        if value[0] == GREATEST:
            raise field.refused(
                f"begins with U+10FFFF, which ends ranges of the key '{field.attribute}'. Let the schema refuse it."
            )
        raise field.refused(
            f"holds {self.separator!r}, which separates the parts of '{field.attribute}'. Let the schema refuse it, or "
            f"set escape = True in {field.owner}, before there are items."
        )


class EscapedForm(TextForm):
    """Text in which the separator is percent-encoded, as in a URL."""

    def __init__(self, field: KeyField, separator: str) -> None:
        super().__init__(field, separator)
        self._escaped = "".join(f"%{byte:02X}" for byte in separator.encode())

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        if type(value) is str and value and value[0] != GREATEST:
            return value.replace("%", "%25").replace(self.separator, self._escaped)
        return self.exceptional(value)

    def before_escapes(self, value: str) -> str:
        """Return the beginning of a *value* up to where the order of escaped texts may be another one."""
        # Instead of the separator there is a percent sign, which sorts otherwise than it to what is between them.
        first, last = sorted((self.separator, "%"))
        for place, each in enumerate(value):
            if first <= each <= last and each != "%":
                return value[:place]
        return value

    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text*; see :meth:`Form.value`."""
        # Only "%25" and the separator's own code are written. The percent signs come last, as they were written first.
        value = text.replace(self._escaped, self.separator).replace("%25", "%")
        return value if text[0] != GREATEST and self.text(value) == text else None


class FoldedForm(TextForm):
    """Text in which upper and lower case are the same, in the form of another *form*."""

    reversible = False

    def __init__(self, form: TextForm) -> None:
        super().__init__(form.field, form.separator)
        self._form = form

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        return self._form.text(value.casefold() if isinstance(value, str) else value)

    def value(self, text: str) -> AttributeValue:
        """Return the folded value of a *text*; see :meth:`Form.value`."""
        value = self._form.value(text)
        return value if isinstance(value, str) and value.casefold() == value else None


class NumberForm(Form):
    """A whole number that is not negative, with zeros in front up to a width."""

    def __init__(self, field: KeyField, width: int) -> None:
        super().__init__(field)
        self.width = width
        self.shapes = (DIGIT * width,)

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        if type(value) is int and value >= 0 and len(text := str(value)) <= self.width:
            return text.rjust(self.width, "0")
        field, placeholder = self.field, f"{{{self.field.name}:0{self.width}d}}"
        if type(value) is not int:
            raise field.refused(
                f"is part of the key '{field.attribute}' as a whole number, {placeholder}, and was given "
                f"{_type_name(value)}."
            )
        wrong = "is negative" if value < 0 else f"has more than {self.width} digits"
        raise field.refused(
            f"{wrong}, and is part of the key '{field.attribute}' as {placeholder}, where numbers have up to "
            f"{self.width} digits and no sign so that they sort. Let the schema refuse it."
        )

    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text*; see :meth:`Form.value`."""
        return int(text)


class BooleanForm(Form):
    """``0`` for false, and ``1`` for true."""

    shapes = (BIT,)

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        if type(value) is bool:
            return "1" if value else "0"
        raise self.field.refused(
            f"is part of the key '{self.field.attribute}' as a boolean, and was given {_type_name(value)}."
        )

    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text*; see :meth:`Form.value`."""
        return text == "1"


class ShapedForm(Form):
    """Text of known shapes, as it is: dates, date-times and UUIDs. *what* describes it in errors."""

    def __init__(self, field: KeyField, shapes: tuple[str, ...], what: str) -> None:
        super().__init__(field)
        self.shapes = shapes
        self._what = what
        self._matches = re.compile(self.pattern).fullmatch

    def is_value(self, text: str) -> bool:
        """Return whether a *text* is that of a whole value."""
        return self._matches(text) is not None

    def text(self, value: AttributeValue) -> str:
        """Return the text of a stored *value*; see :meth:`Form.text`."""
        if type(value) is str and self._matches(value):
            return value
        raise self.field.refused(f"is part of the key '{self.field.attribute}' as {self._what}.")

    def value(self, text: str) -> AttributeValue:
        """Return the stored value of a *text*; see :meth:`Form.value`."""
        return text


def text_form(field: KeyField, placeholder: Placeholder, separator: str, *, escape: bool) -> TextForm:
    """Return the form of a *field* that is stored as text."""
    form = EscapedForm(field, separator) if escape else TextForm(field, separator)
    return FoldedForm(form) if placeholder.spec == "casefold" else form


def _type_name(value: AttributeValue) -> str:
    return "nothing" if value is None else type(value).__name__
