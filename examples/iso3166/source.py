"""What pycountry knows of ISO 3166, as items for the tables."""

from __future__ import annotations

import gettext
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

import pycountry

RawItem: TypeAlias = dict[str, object]

LANGUAGES = ("am", "ar", "el", "he", "hi", "hy", "ja", "ka", "ko", "ru", "ta", "th", "zh_CN")
"""Languages of thirteen scripts. pycountry has the countries' names in many more."""


class _Untranslated(gettext.NullTranslations):
    """Answers nothing for a name that a language lacks, where gettext would answer the English one."""

    def gettext(self, message: str) -> str:
        return ""


def countries() -> Iterator[RawItem]:
    """Yield each country as an item of the model ``Country``."""
    catalogues = _catalogues()
    types = _subdivision_types()
    for country in pycountry.countries:
        translations = {language: catalogue.gettext(country.name) for language, catalogue in catalogues.items()}
        yield {
            **dict(country),
            "names": {language: name for language, name in translations.items() if name},
            "subdivision_types": sorted(types[country.alpha_2]),
        }


def subdivisions() -> Iterator[RawItem]:
    """Yield each subdivision as an item of the model ``Subdivision``."""
    for subdivision in pycountry.subdivisions:
        item: RawItem = {name: getattr(subdivision, name) for name in ("country_code", "code", "name", "type")}
        if subdivision.parent_code:
            item["parent_code"] = subdivision.parent_code
        yield item


def _catalogues() -> dict[str, gettext.NullTranslations]:
    catalogues: dict[str, gettext.NullTranslations] = {}
    for language in LANGUAGES:
        catalogues[language] = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
        catalogues[language].add_fallback(_Untranslated())
    return catalogues


def _subdivision_types() -> dict[str, set[str]]:
    types: dict[str, set[str]] = defaultdict(set)
    for subdivision in pycountry.subdivisions:
        types[subdivision.country_code].add(subdivision.type)
    return types
