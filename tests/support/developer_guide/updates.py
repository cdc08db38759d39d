"""The examples of the developer guide's chapter "Using update expressions in DynamoDB"."""

from __future__ import annotations

from dynamorm.data import AttributeValue, Item
from tests.support.developer_guide.examples import Example, Write
from tests.support.developer_guide.items import TOOL, without

_SET = "SET: adding or modifying item attributes"
_REMOVE = "REMOVE: deleting attributes from an item"
_ADD = "ADD: updating numbers and sets"
_DELETE = "DELETE: removing elements from a set"
_SEVERAL = "Several clauses"

_REVIEWED: Item = {**TOOL, "RelatedItems": ["Hammer"], "ProductReviews": {"FiveStar": ["Best product ever!"]}}
_FIVE_ITEMS: list[AttributeValue] = ["Chisel", "Hammer", "Nails", "Screwdriver", "Hacksaw"]
_COLORS: AttributeValue = {"Orange", "Purple", "Yellow", "Green", "Blue"}

EXAMPLES: tuple[Example, ...] = (
    Write(
        section=_SET,
        expression="SET ProductCategory = :c, Price = :p",
        values={":c": "Hardware", ":p": 60},
        spellings=(
            'ProductCatalog.update_item(Id=789, ProductCategory="Hardware", Price=60)',
            'ProductCatalog(Id=789).update(ProductCategory="Hardware", Price=60)',
        ),
        before=TOOL,
        after={**TOOL, "ProductCategory": "Hardware", "Price": 60},
    ),
    Write(
        section=_SET,
        expression="SET RelatedItems = :ri, ProductReviews = :pr",
        values={":ri": ["Hammer"], ":pr": {"FiveStar": ["Best product ever!"]}},
        spellings=(
            (
                'ProductCatalog.update_item(Id=789, RelatedItems=["Hammer"], '
                'ProductReviews={"FiveStar": ["Best product ever!"]})'
            ),
        ),
        before=TOOL,
        after=_REVIEWED,
    ),
    Write(
        section=_SET,
        expression="SET #ri[1] = :ri",
        names={"#ri": "RelatedItems"},
        values={":ri": "Nails"},
        spellings=(
            'ProductCatalog.update_item(Id=789, RelatedItems__1="Nails")',
            'ProductCatalog.update_item({ProductCatalog.RelatedItems[1]: "Nails"}, Id=789)',
        ),
        before=_REVIEWED,
        after={**_REVIEWED, "RelatedItems": ["Hammer", "Nails"]},
    ),
    Write(
        section=_SET,
        expression="SET #pr.#5star[1] = :r5, #pr.#3star = :r3",
        names={"#pr": "ProductReviews", "#5star": "FiveStar", "#3star": "ThreeStar"},
        values={":r5": "Very happy with my purchase", ":r3": ["Just OK - not that great"]},
        spellings=(
            (
                'ProductCatalog.update_item(Id=789, ProductReviews__FiveStar__1="Very happy with my purchase", '
                'ProductReviews__ThreeStar=["Just OK - not that great"])'
            ),
            (
                'ProductCatalog.update_item({ProductCatalog.ProductReviews["FiveStar"][1]: "Very happy with my purchase", '
                'ProductCatalog.ProductReviews["ThreeStar"]: ["Just OK - not that great"]}, Id=789)'
            ),
        ),
        before=_REVIEWED,
        after={
            **_REVIEWED,
            "ProductReviews": {
                "FiveStar": ["Best product ever!", "Very happy with my purchase"],
                "ThreeStar": ["Just OK - not that great"],
            },
        },
    ),
    Write(
        section=_SET,
        expression="SET Price = Price - :p",
        values={":p": 15},
        spellings=("ProductCatalog.update_item(Id=789, Price__minus=15)",),
        before=TOOL,
        after={**TOOL, "Price": 37},
    ),
    Write(
        section=_SET,
        expression="SET Price = Price + :p",
        values={":p": 15},
        spellings=("ProductCatalog.update_item(Id=789, Price__plus=15)",),
        before=TOOL,
        after={**TOOL, "Price": 67},
    ),
    Write(
        section=_SET,
        expression="SET #ri = list_append(#ri, :vals)",
        names={"#ri": "RelatedItems"},
        values={":vals": ["Screwdriver", "Hacksaw"]},
        spellings=('ProductCatalog.update_item(Id=789, RelatedItems__append=["Screwdriver", "Hacksaw"])',),
        before={**TOOL, "RelatedItems": ["Hammer", "Nails"]},
        after={**TOOL, "RelatedItems": ["Hammer", "Nails", "Screwdriver", "Hacksaw"]},
    ),
    Write(
        section=_SET,
        expression="SET #ri = list_append(:vals, #ri)",
        names={"#ri": "RelatedItems"},
        values={":vals": ["Chisel"]},
        spellings=('ProductCatalog.update_item(Id=789, RelatedItems__prepend=["Chisel"])',),
        before={**TOOL, "RelatedItems": _FIVE_ITEMS[1:]},
        after={**TOOL, "RelatedItems": _FIVE_ITEMS},
    ),
    Write(
        section=_SET,
        expression="SET Price = if_not_exists(Price, :p)",
        values={":p": 100},
        spellings=("ProductCatalog.update_item(Id=789, Price__if_not_exists=100)",),
        before=TOOL,
        after=TOOL,
    ),
    Write(
        section=_REMOVE,
        expression="REMOVE Brand, InStock, QuantityOnHand",
        spellings=(
            "ProductCatalog.update_item(Id=789, Brand__remove=True, InStock__remove=True, QuantityOnHand__remove=True)",
            "ProductCatalog.update_item(Id=789, Brand=None, InStock=None, QuantityOnHand=None)",
        ),
        before={**TOOL, "QuantityOnHand": None},
        after=without(TOOL, "Brand", "InStock"),
    ),
    Write(
        section=_REMOVE,
        expression="REMOVE RelatedItems[1], RelatedItems[2]",
        spellings=("ProductCatalog.update_item(Id=789, RelatedItems__1__remove=True, RelatedItems__2__remove=True)",),
        before={**TOOL, "RelatedItems": _FIVE_ITEMS},
        after={**TOOL, "RelatedItems": ["Chisel", "Screwdriver", "Hacksaw"]},
    ),
    Write(
        section=_ADD,
        expression="ADD QuantityOnHand :q",
        values={":q": 5},
        spellings=("ProductCatalog.update_item(Id=789, QuantityOnHand__add=5)",),
        before=TOOL,
        after={**TOOL, "QuantityOnHand": 5},
    ),
    Write(
        section=_ADD,
        expression="ADD Color :c",
        values={":c": {"Orange", "Purple"}},
        spellings=('ProductCatalog.update_item(Id=789, Color__add={"Orange", "Purple"})',),
        before=TOOL,
        after={**TOOL, "Color": {"Orange", "Purple"}},
    ),
    Write(
        section=_ADD,
        expression="ADD Color :c",
        values={":c": {"Yellow", "Green", "Blue"}},
        spellings=('ProductCatalog.update_item(Id=789, Color__add={"Yellow", "Green", "Blue"})',),
        before={**TOOL, "Color": {"Orange", "Purple"}},
        after={**TOOL, "Color": _COLORS},
    ),
    Write(
        section=_DELETE,
        expression="DELETE Color :p",
        values={":p": {"Yellow", "Purple"}},
        spellings=('ProductCatalog.update_item(Id=789, Color__delete={"Yellow", "Purple"})',),
        before={**TOOL, "Color": _COLORS},
        after={**TOOL, "Color": {"Orange", "Green", "Blue"}},
    ),
    Write(
        section=_SEVERAL,
        expression="SET Price = Price - :p REMOVE InStock",
        values={":p": 15},
        spellings=("ProductCatalog.update_item(Id=789, Price__minus=15, InStock__remove=True)",),
        before=TOOL,
        after={**without(TOOL, "InStock"), "Price": 37},
    ),
    Write(
        section=_SEVERAL,
        expression="SET RelatedItems[1] = :newValue, Price = :newPrice",
        values={":newValue": "Saw", ":newPrice": 55},
        spellings=('ProductCatalog.update_item(Id=789, RelatedItems__1="Saw", Price=55)',),
        before={**TOOL, "RelatedItems": ["Hammer", "Nails"]},
        after={**TOOL, "RelatedItems": ["Hammer", "Saw"], "Price": 55},
    ),
    Write(
        section=_SEVERAL,
        expression="SET ProductCategory = :c REMOVE Brand ADD QuantityOnHand :q DELETE Color :p",
        values={":c": "Hardware", ":q": 5, ":p": {"Orange"}},
        spellings=(
            (
                'ProductCatalog.update_item(Id=789, ProductCategory="Hardware", Brand__remove=True, '
                'QuantityOnHand__add=5, Color__delete={"Orange"})'
            ),
        ),
        before={**TOOL, "Color": {"Orange", "Purple"}},
        after={**without(TOOL, "Brand"), "ProductCategory": "Hardware", "QuantityOnHand": 5, "Color": {"Purple"}},
    ),
    Write(
        section=_SEVERAL,
        table="Music",
        expression="SET AlbumTitle = :newval, #y = :year",
        names={"#y": "Year"},
        values={":newval": "Updated Album Title", ":year": 2015},
        spellings=(
            'Music.update_item(Artist="Acme Band", SongTitle="Happy Day", AlbumTitle="Updated Album Title", Year=2015)',
        ),
        before={"Artist": "Acme Band", "SongTitle": "Happy Day", "AlbumTitle": "Songs About Life"},
        after={"Artist": "Acme Band", "SongTitle": "Happy Day", "AlbumTitle": "Updated Album Title", "Year": 2015},
    ),
)
