"""Models whose tables have every feature, in combinations drawn at random, always the same ones."""

from __future__ import annotations

import random
from typing import Any

from marshmallow import fields as marshmallow_fields

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys

#: Fields for keys, of each type, with names that a text has to quote: blanks, what Terraform replaces, other scripts.
KEY_FIELDS = {
    "text": ("id", "String"),
    "number": ("no", "Integer"),
    "date": ("${var.date} %{x}", "Date"),
    "quoted": ('say "hi"\\n', "String"),
    "japanese": ("日付", "String"),
    "yes": ("yes", "String"),
    "emoji": ("🎲:-", "Integer"),
}
TAGS = {"team": "a b", "cost:centre": "", "Ünï": "+-=._:/@"}


def models(count: int, seed: int = 7) -> list[type[DynaModel]]:
    """This number of models, each with a table of its own."""
    chance = random.Random(seed)
    return [_model(number, chance) for number in range(count)]


def _model(number: int, chance: random.Random) -> type[DynaModel]:
    provisioned = chance.random() < 0.4
    names = list(KEY_FIELDS)
    hash_key, range_key = chance.sample(names, 2)
    has_range_key = chance.random() < 0.6
    table: dict[str, Any] = {"name": f"{chance.choice('aZ9_-.')}table.{number}", "hash_key": hash_key}
    if has_range_key:
        table["range_key"] = range_key
    if provisioned:
        table |= {"read": chance.randint(1, 40_000), "write": chance.randint(1, 40_000)}
    settings: dict[str, list[Any]] = {
        "stream": ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"],
        "ttl": ["expires"],
        "deletion_protection": [True, False],
        "table_class": ["STANDARD", "STANDARD_INFREQUENT_ACCESS"],
        "tags": [TAGS, {}, {"only": "one"}],
    }
    table |= {name: chance.choice(values) for name, values in settings.items() if chance.random() < 0.5}
    indexes: dict[str, type] = {}
    for place in range(chance.randint(0, 4)):
        keys = chance.sample(names, chance.randint(1, len(names)))
        split = chance.randint(1, min(4, len(keys)))
        body: dict[str, Any] = {"name": f"index.{place}", "hash_key": keys[:split], "projection": _projection(chance)}
        if keys[split : split + 4]:
            body["range_key"] = keys[split : split + 4]
        if provisioned:
            body |= {"read": chance.randint(1, 9), "write": chance.randint(1, 9)}
        indexes[f"Global{place}"] = type(f"Global{place}", (GlobalIndex,), body)
    for place, key in enumerate(chance.sample([each for each in names if each != hash_key], chance.randint(0, 5))):
        if has_range_key:
            body = {"name": f"local-{place}", "hash_key": hash_key, "range_key": key, "projection": _projection(chance)}
            indexes[f"Local{place}"] = type(f"Local{place}", (LocalIndex,), body)
    kinds: Any = marshmallow_fields
    schema = {name: getattr(kinds, kind)(data_key=attribute) for name, (attribute, kind) in KEY_FIELDS.items()}
    schema |= {"expires": kinds.Integer(), "title": kinds.String()}
    schema[hash_key].required = True
    if has_range_key:
        schema[range_key].required = True
    return type(
        f"Model{number}",
        (DynaModel,),
        {"Table": type("Table", (), table), "Schema": type("Schema", (), schema), **indexes},
    )


def _projection(chance: random.Random) -> object:
    return chance.choice([ProjectAll(), ProjectKeys(), ProjectInclude("title", "expires")])
