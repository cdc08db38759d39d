"""What examples/iso3166 has to answer, computed from pycountry without a database."""

from __future__ import annotations

import gettext
from collections import Counter
from collections.abc import Callable

import pycountry

LANGUAGES = ("am", "ar", "el", "he", "hi", "hy", "ja", "ka", "ko", "ru", "ta", "th", "zh_CN")

# The English name stands for a missing one: none of these languages writes with Latin letters.
NAMES = {
    country.alpha_2: {
        language: name
        for language in LANGUAGES
        if (name := gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language]).gettext(country.name))
        != country.name
    }
    for country in pycountry.countries
}
COUNTRIES: dict[str, dict[str, str]] = {country.alpha_2: dict(country) for country in pycountry.countries}
SUBDIVISIONS = sorted(pycountry.subdivisions, key=lambda subdivision: subdivision.code)
SUBDIVISIONS_BY_CODE = {subdivision.code: subdivision for subdivision in SUBDIVISIONS}


def expected_answers() -> dict[str, list[str]]:
    """What is found, by the name of the question's function."""
    return {**_read_by_key(), **_read_by_range(), **_read_by_index(), **_read_by_filter(), **_changed()}


def _countries(text: Callable[[dict[str, str]], str], holds: Callable[[dict[str, str]], bool]) -> list[str]:
    return sorted(text(country) for country in COUNTRIES.values() if holds(country))


def _country_names(holds: Callable[[dict[str, str]], bool]) -> list[str]:
    return _countries(lambda country: country["name"], holds)


def _types(alpha_2: str) -> list[str]:
    return sorted({found.type for found in SUBDIVISIONS if found.country_code == alpha_2})


def _names_by_name(country_code: str) -> list[str]:
    return sorted(found.name for found in SUBDIVISIONS if found.country_code == country_code)


def _read_by_key() -> dict[str, list[str]]:
    ethiopia, tokyo = COUNTRIES["ET"], SUBDIVISIONS_BY_CODE["JP-13"]
    letters = sorted({alpha_2[0] for alpha_2 in COUNTRIES})
    return {
        "how_many": [f"{len(pycountry.countries)} and {len(pycountry.subdivisions)}"],
        "ethiopia": [
            *(ethiopia[field] for field in ("name", "official_name", "alpha_3", "numeric", "flag")),
            *(f"{language}: {NAMES['ET'][language]}" for language in LANGUAGES),
        ],
        "nowhere": ["None"],
        "tokyo": [tokyo.name, tokyo.type],
        "flags": [
            "".join(COUNTRIES[alpha_2]["flag"] for alpha_2 in sorted(COUNTRIES) if alpha_2[0] == letter)
            for letter in letters
        ],
    }


def _read_by_range() -> dict[str, list[str]]:
    british = [found.code for found in SUBDIVISIONS if found.country_code == "GB"]
    return {
        "cantons": [f"{found.code} {found.name}" for found in SUBDIVISIONS if found.country_code == "CH"],
        "states_with_n": [found.name for found in SUBDIVISIONS if found.code.startswith("US-N")],
        "prefectures_backwards": [
            f"{found.code} {found.name}" for found in reversed(SUBDIVISIONS) if "JP-10" <= found.code <= "JP-15"
        ],
        "pages": [
            f"{british[first]} to {british[min(first + 100, len(british)) - 1]}"
            for first in range(0, len(british), 100)
        ],
        "regions_of_italy": [
            f"{found.name} ({found.type})"
            for found in SUBDIVISIONS
            if found.country_code == "IT" and (found.type == "Region" or found.type.startswith("Autonomous"))
        ],
    }


def _read_by_index() -> dict[str, list[str]]:
    turkish = _names_by_name("TR")
    cantons = Counter(found.country_code for found in SUBDIVISIONS if found.type == "Canton")
    return {
        "last_in_turkiye": turkish[:-7:-1],
        "k_to_m_in_turkiye": [name for name in turkish if name[0] in "KLM"],
        "provinces_of_china": [
            found.name for found in SUBDIVISIONS if found.country_code == "CN" and found.type == "Province"
        ],
        "cantons_of_the_world": [f"{country_code}: {number}" for country_code, number in sorted(cantons.items())],
        "parts_of_paris_region": [found.code for found in reversed(SUBDIVISIONS) if found.parent_code == "FR-IDF"],
        "with_parent": [str(sum(found.parent_code is not None for found in SUBDIVISIONS))],
    }


def _read_by_filter() -> dict[str, list[str]]:
    names_of_all = NAMES.values()
    return {
        "saints_and_islands": _country_names(
            lambda country: (
                (country["name"].startswith("Saint ") or "Islands" in country["name"])
                and " and " not in country["name"]
            )
        ),
        "common_names": _countries(
            lambda country: f"{country['common_name']} ({country['name']})", lambda country: "common_name" in country
        ),
        "short_names": _country_names(lambda country: len(country["name"].encode()) <= 4),
        "other_official_names": _countries(
            lambda country: f"{country['name']}: {country['official_name']}",
            lambda country: "official_name" in country and country["name"] not in country["official_name"],
        ),
        "chinese_islands": _countries(
            lambda country: f"{country['name']} {NAMES[country['alpha_2']]['zh_CN']}",
            lambda country: "岛" in NAMES[country["alpha_2"]].get("zh_CN", ""),
        ),
        "in_all_languages": [
            f"{sum(len(names) == len(LANGUAGES) for names in names_of_all)} and {sum('am' not in names for names in names_of_all)}"
        ],
        "with_emirates_or_prefectures": _country_names(
            lambda country: not {"Emirate", "Prefecture"}.isdisjoint(_types(country["alpha_2"]))
        ),
        "with_many_types": _country_names(
            lambda country: (
                len(_types(country["alpha_2"])) > 6 or _types(country["alpha_2"])[:1] == ["Administrative region"]
            )
        ),
        "first_numbers": _countries(
            lambda country: f"{country['numeric']} {country['alpha_3']}",
            lambda country: country["alpha_2"] in {"AR", "BO", "BR", "CL", "CO", "PE"} and country["numeric"] <= "076",
        ),
        "quarters_and_emirates": [
            f"{found.code} {found.name}" for found in SUBDIVISIONS if found.type in ("Quarter", "Emirate")
        ],
    }


def _changed() -> dict[str, list[str]]:
    parts = [found for found in SUBDIVISIONS if found.parent_code == "FR-IDF"]
    kept = [part for part in parts if part.type != "Metropolitan department"]
    french = sum(found.country_code == "FR" for found in SUBDIVISIONS)
    swiss = ["Lozärn" if name == "Luzern" else name for name in _names_by_name("CH")]
    return {
        "name_turkiye": ["Turkey"],
        "name_turkiye_again": ["refused, for it has the name Turkey"],
        "edit_at_the_same_time": ["Қазақстан, now revision 1", "refused at revision 0"],
        "change_parts": ["Canton", "Half-canton", *(language for language in LANGUAGES if language != "am")],
        "change_nowhere": ["refused: None"],
        "put_again": [f"refused, for NO-03 is {SUBDIVISIONS_BY_CODE['NO-03'].name}"],
        "rename_lucerne": sorted(name for name in swiss if name.startswith("L")),
        "delete_departments": [
            f"{part.code} is kept: {part.type}" if part in kept else f"{part.code} is deleted" for part in parts
        ],
        "left_of_france": [f"{french - len(parts) + len(kept)} and {len(kept)}"],
    }
