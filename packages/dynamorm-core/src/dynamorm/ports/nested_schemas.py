"""Nested schemas: what every schema adapter checks in them when a model is defined."""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm.exceptions import DynaModelException


def check_attributes(model_name: str, place: str, attributes: Mapping[str, str], advice: str) -> None:
    """Check that no two fields of a nested schema are stored under one name.

    The core checks the fields of the model itself.

    Args:
        model_name: The name of the model.
        place: The name of the model's field, or the names of the fields that lead to the nested schema.
        attributes: The names in the table by the names of the nested fields.
        advice: A sentence that says how a field gets another name in your library.

    Raises:
        DynaModelException: Two fields are stored under one name.
    """
    names: dict[str, str] = {}
    for name, attribute in attributes.items():
        other = names.setdefault(attribute, name)
        if other != name:
            raise DynaModelException(
                f"The fields '{other}' and '{name}' in '{place}' of {model_name} are both stored as '{attribute}', "
                f"where one would overwrite the other. {advice}"
            )
