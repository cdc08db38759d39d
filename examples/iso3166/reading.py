"""What the program asks: by key, by range, by index and by filter.

A query answers in the order of the range key. A scan and a batch have no order, and so are sorted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from dynamorm import Q
from iso3166.answers import Question
from iso3166.models import Country, Subdivision
from iso3166.source import LANGUAGES


def how_many() -> Iterable[str]:
    """How many countries and subdivisions are there?"""
    return [f"{Country.scan().count()} and {Subdivision.scan().count()}"]


def ethiopia() -> Iterable[str]:
    """Which names, codes and flag does Ethiopia have?"""
    country = Country.get(alpha_2="ET")
    assert country is not None
    names = [f"{language}: {name}" for language, name in sorted(country.names.items())]
    return [country.name, country.official_name, country.alpha_3, country.numeric, country.flag, *names]


def nowhere() -> Iterable[str]:
    """Which country is XX?"""
    return [str(Country.get(alpha_2="XX"))]


def tokyo() -> Iterable[str]:
    """Which subdivision is JP-13, read consistently?"""
    subdivision = Subdivision.get(country_code="JP", code="JP-13", consistent=True)
    assert subdivision is not None
    return [subdivision.name, subdivision.type]


def flags() -> Iterable[str]:
    """Which flags do all countries have, read by their keys in batches?"""
    keys = [{"alpha_2": country.alpha_2} for country in Country.scan().specific_attributes(["alpha_2"])]
    countries = Country.get_batch([*keys, {"alpha_2": "XX"}], attrs="alpha_2, flag")
    found = {country.alpha_2: country.flag for country in countries}
    by_letter = groupby(sorted(found), key=lambda alpha_2: alpha_2[0])
    return ["".join(found[alpha_2] for alpha_2 in group) for _, group in by_letter]


def cantons() -> Iterable[str]:
    """Which are the cantons of Switzerland, by their codes?"""
    return [f"{found.code} {found.name}" for found in Subdivision.query(country_code="CH")]


def states_with_n() -> Iterable[str]:
    """Which subdivisions of the United States have a code that begins with N?"""
    return [found.name for found in Subdivision.query(country_code="US", code__begins_with="US-N")]


def prefectures_backwards() -> Iterable[str]:
    """Which are the prefectures 10 to 15 of Japan, backwards?"""
    found = Subdivision.query(country_code="JP", code__between=["JP-10", "JP-15"]).reverse()
    return [f"{prefecture.code} {prefecture.name}" for prefecture in found]


def pages() -> Iterable[str]:
    """Which pages of 100 make up the subdivisions of the United Kingdom?"""
    page = Subdivision.query(country_code="GB").limit(100)
    codes = [[found.code for found in page]]
    while page.last is not None:
        codes.append([found.code for found in page.again()])
    return [f"{page[0]} to {page[-1]}" for page in codes if page]


def regions_of_italy() -> Iterable[str]:
    """Which subdivisions of Italy are regions, autonomous or not? This filters what the key finds."""
    found = Subdivision.query(Q(type="Region") | Q(type__begins_with="Autonomous"), country_code="IT")
    return [f"{region.name} ({region.type})" for region in found]


def last_in_turkiye() -> Iterable[str]:
    """Which provinces of Türkiye are the last six by name? Names are in the order of their UTF-8 bytes."""
    return [found.name for found in Subdivision.ByName.query(country_code="TR").reverse().limit(6)]


def k_to_m_in_turkiye() -> Iterable[str]:
    """Which provinces of Türkiye are named with K, L or M?"""
    query = Subdivision.ByName.query(country_code="TR", name__between=["K", "N"]).consistent()
    return [found.name for found in query]


def provinces_of_china() -> Iterable[str]:
    """Which provinces does China have? The global index holds their names besides its keys."""
    return [found.name for found in Subdivision.ByType.query(type="Province", code__begins_with="CN-")]


def cantons_of_the_world() -> Iterable[str]:
    """How many cantons do countries have?"""
    cantons = Counter(found.country_code for found in Subdivision.ByType.query(type="Canton"))
    return [f"{country_code}: {number}" for country_code, number in sorted(cantons.items())]


def parts_of_paris_region() -> Iterable[str]:
    """Which codes have the parts of the region FR-IDF, backwards?"""
    return [found.code for found in Subdivision.ByParent.query(parent_code="FR-IDF").reverse()]


def with_parent() -> Iterable[str]:
    """How many subdivisions are part of another one? Only those are in the index."""
    return [str(Subdivision.ByParent.scan().count())]


def saints_and_islands() -> Iterable[str]:
    """Which countries are named Saint … or … Islands, without an "and"?"""
    named = Q(name__begins_with="Saint ") | Q(name__contains="Islands")
    return sorted(country.name for country in Country.scan(named, ~Q(name__contains=" and ")))


def common_names() -> Iterable[str]:
    """Which countries have a common name?"""
    countries = Country.scan(common_name__exists=True)
    return sorted(f"{country.common_name} ({country.name})" for country in countries)


def short_names() -> Iterable[str]:
    """Which countries have a name of at most four bytes?"""
    return sorted(country.name for country in Country.scan(Country.name.size() <= 4))


def other_official_names() -> Iterable[str]:
    """Which countries have an official name that their name is no part of?"""
    other = Country.official_name.exists() & ~Country.official_name.contains(Country.name)
    return sorted(f"{country.name}: {country.official_name}" for country in Country.scan(other))


def chinese_islands() -> Iterable[str]:
    """Which countries are islands (岛) in Chinese? Only the names are read."""
    islands = Country.scan(names__zh_CN__contains="岛").specific_attributes(["name", "names.zh_CN"])
    return sorted(f"{country.name} {country.names['zh_CN']}" for country in islands)


def in_all_languages() -> Iterable[str]:
    """How many countries have a name in all languages, and how many have none in Amharic?"""
    in_all = Country.scan(names__size=len(LANGUAGES)).count()
    return [f"{in_all} and {Country.scan(Country.names['am'].not_exists()).count()}"]


def with_emirates_or_prefectures() -> Iterable[str]:
    """Which countries have emirates or prefectures?"""
    types = Country.subdivision_types
    countries = Country.scan(types.contains("Emirate") | types.contains("Prefecture"))
    return sorted(country.name for country in countries)


def with_many_types() -> Iterable[str]:
    """Which countries have more than six types of subdivisions, or have administrative regions first?"""
    many = Q(subdivision_types__size__gt=6) | Q(subdivision_types__0="Administrative region")
    return sorted(country.name for country in Country.scan(many))


def first_numbers() -> Iterable[str]:
    """Which countries of South America have the numbers up to 076?"""
    numbers = Country.scan(numeric__between=["000", "076"], alpha_2__in=["AR", "BO", "BR", "CL", "CO", "PE"])
    return sorted(f"{country.numeric} {country.alpha_3}" for country in numbers)


def quarters_and_emirates() -> Iterable[str]:
    """Which subdivisions are quarters or emirates, in the whole world?"""
    found = Subdivision.scan(type__in=["Quarter", "Emirate"])
    return sorted(f"{subdivision.code} {subdivision.name}" for subdivision in found)


QUESTIONS: Mapping[str, Iterable[Question]] = {
    "By key": (how_many, ethiopia, nowhere, tokyo, flags),
    "By range": (cantons, states_with_n, prefectures_backwards, pages, regions_of_italy),
    "By local index": (last_in_turkiye, k_to_m_in_turkiye),
    "By global index": (provinces_of_china, cantons_of_the_world, parts_of_paris_region, with_parent),
    "By filter": (
        saints_and_islands,
        common_names,
        short_names,
        other_official_names,
        chinese_islands,
        in_all_languages,
        with_emirates_or_prefectures,
        with_many_types,
        first_numbers,
        quarters_and_emirates,
    ),
}
