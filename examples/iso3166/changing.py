"""What the program changes and deletes, each under a condition, and what came of it. The steps build on one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dynamorm import Q
from dynamorm.exceptions import ConditionFailed, HashKeyExists
from iso3166.answers import Question
from iso3166.models import Country, Subdivision


def name_turkiye() -> Iterable[str]:
    """Give Türkiye a common name, as it has none."""
    country = _country("TR")
    country.update(common_name="Turkey", conditions=Country.common_name.not_exists())
    return [country.common_name]


def name_turkiye_again() -> Iterable[str]:
    """Give it another one, if it still has none."""
    try:
        Country.update_item(alpha_2="TR", common_name="Turkia", conditions={"common_name__not_exists": True})
    except ConditionFailed as error:
        assert error.item is not None
        return [f"refused, for it has the name {error.item['common_name']}"]
    return ["done"]


def edit_at_the_same_time() -> Iterable[str]:
    """Two people change Kazakhstan; the second one does not overwrite what the first one did."""
    first, second = _country("KZ"), _country("KZ")
    found = []
    for edited, name in ((first, "Қазақстан"), (second, "Kazakstan")):
        try:
            edited.update(names__kk=name, revision__plus=1, conditions=Q(revision=edited.revision))
        except ConditionFailed:
            found.append(f"refused at revision {edited.revision}")
        else:
            found.append(f"{edited.names['kk']}, now revision {edited.revision}")
    return found


def change_parts() -> Iterable[str]:
    """Add to the list of Switzerland's types, and take away one of its names."""
    Country.update_item(
        alpha_2="CH",
        subdivision_types__append=["Half-canton"],
        names__am__remove=True,
        conditions=[Country.subdivision_types[0] == "Canton", Country.names["am"].exists()],
    )
    country = _country("CH")
    return [*country.subdivision_types, *sorted(country.names)]


def change_nowhere() -> Iterable[str]:
    """Change a country, if it exists. Without the condition an update would make it."""
    try:
        Country.update_item(alpha_2="XX", name="Nowhere", conditions=Country.alpha_2.exists())
    except ConditionFailed:
        return [f"refused: {Country.get(alpha_2='XX', consistent=True)}"]
    return ["done"]


def put_again() -> Iterable[str]:
    """Store a subdivision of Norway, if its code is not taken."""
    try:
        Subdivision.put_unique({"country_code": "NO", "code": "NO-03", "name": "Christiania", "type": "County"})
    except HashKeyExists as error:
        assert error.item is not None
        return [f"refused, for {error.item['code']} is {error.item['name']}"]
    return ["done"]


def rename_lucerne() -> Iterable[str]:
    """Rename the canton of Lucerne. Its index follows."""
    canton = Subdivision.get(country_code="CH", code="CH-LU", consistent=True)
    assert canton is not None
    canton.name = "Lozärn"
    canton.save(partial=True)
    return [found.name for found in Subdivision.ByName.query(country_code="CH", name__begins_with="L").consistent()]


def delete_departments() -> Iterable[str]:
    """Delete the parts of the region FR-IDF, if they are departments."""
    found = []
    for part in Subdivision.ByParent.query(parent_code="FR-IDF"):
        try:
            part.delete(conditions=Subdivision.type == "Metropolitan department")
        except ConditionFailed as error:
            assert error.item is not None
            found.append(f"{part.code} is kept: {error.item['type']}")
        else:
            found.append(f"{part.code} is deleted")
    return found


def left_of_france() -> Iterable[str]:
    """How many subdivisions does France have now, and how many are part of FR-IDF?"""
    parts = Subdivision.query(country_code="FR", parent_code="FR-IDF").consistent().count()
    return [f"{Subdivision.query(country_code='FR').consistent().count()} and {parts}"]


def _country(alpha_2: str) -> Country:
    country = Country.get(alpha_2=alpha_2, consistent=True)
    assert country is not None
    return country


CHANGES: Mapping[str, Iterable[Question]] = {
    "Changes": (
        name_turkiye,
        name_turkiye_again,
        edit_at_the_same_time,
        change_parts,
        change_nowhere,
        put_again,
        rename_lucerne,
        delete_departments,
        left_of_france,
    ),
}
