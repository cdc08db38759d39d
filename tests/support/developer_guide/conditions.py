"""The examples of the developer guide's chapter on condition expressions, and on names in expressions."""

from __future__ import annotations

from tests.support.developer_guide.examples import Condition, Example, Write
from tests.support.developer_guide.items import BICYCLE, GOODS, STORED

_COMPARISONS = "Making comparisons"
_FUNCTIONS = "Functions"
_LOGIC = "Logical evaluations and parentheses"
_CLI = "Conditional writes"

_THREAD = STORED["Thread"][0]

#: "Condition and filter expressions, operators, and functions in DynamoDB".
REFERENCE: tuple[Condition, ...] = (
    *(
        Condition(
            section=_COMPARISONS,
            expression=f"Price {comparator} :p",
            values={":p": price},
            spellings=(f"Q(Price{operator}={price})", f"ProductCatalog.Price {python} {price}"),
            item=BICYCLE,
            holds=holds,
        )
        for comparator, operator, python, price, holds in (
            ("=", "", "==", 500, True),
            ("<>", "__ne", "!=", 500, False),
            ("<", "__lt", "<", 500, False),
            ("<=", "__lte", "<=", 500, True),
            (">", "__gt", ">", 400, True),
            (">=", "__gte", ">=", 501, False),
        )
    ),
    Condition(
        section=_COMPARISONS,
        expression="Title <> Description",
        spellings=("ProductCatalog.Title != ProductCatalog.Description",),
        item=BICYCLE,
    ),
    Condition(
        section=_COMPARISONS,
        expression="Price BETWEEN :lo AND :hi",
        values={":lo": 500, ":hi": 600},
        spellings=("Q(Price__between=[500, 600])", "ProductCatalog.Price.between(500, 600)"),
        item=BICYCLE,
    ),
    Condition(
        section=_COMPARISONS,
        expression="ProductCategory IN (:cat1, :cat2)",
        values={":cat1": "Bicycle", ":cat2": "Gardening Supplies"},
        spellings=(
            'Q(ProductCategory__in=["Bicycle", "Gardening Supplies"])',
            'ProductCatalog.ProductCategory.is_in(["Bicycle", "Gardening Supplies"])',
        ),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="attribute_exists (Pictures.SideView)",
        spellings=("Q(Pictures__SideView__exists=True)", 'ProductCatalog.Pictures["SideView"].exists()'),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="attribute_exists (ProductReviews.OneStar)",
        spellings=("Q(ProductReviews__OneStar__exists=True)", 'ProductCatalog.ProductReviews["OneStar"].exists()'),
        item=GOODS,
        holds=False,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="attribute_not_exists (Manufacturer)",
        spellings=("Q(Manufacturer__not_exists=True)", "ProductCatalog.Manufacturer.not_exists()"),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="attribute_type (ProductReviews.FiveStar, :v_sub)",
        values={":v_sub": "L"},
        spellings=('Q(ProductReviews__FiveStar__type="L")', 'ProductCatalog.ProductReviews["FiveStar"].is_type("L")'),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="attribute_type (Color, :v_sub)",
        values={":v_sub": "SS"},
        spellings=('Q(Color__type="SS")', 'ProductCatalog.Color.is_type("SS")'),
        item={**GOODS, "Color": {"Red", "Black"}},
    ),
    Condition(
        section=_FUNCTIONS,
        expression="begins_with (Pictures.FrontView, :v_sub)",
        values={":v_sub": "http://"},
        spellings=(
            'Q(Pictures__FrontView__begins_with="http://")',
            'ProductCatalog.Pictures["FrontView"].begins_with("http://")',
        ),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="contains (Brand, :v_sub)",
        values={":v_sub": "Company"},
        spellings=('Q(Brand__contains="Company")', 'ProductCatalog.Brand.contains("Company")'),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="contains (Color, :v_sub)",
        values={":v_sub": "Red"},
        spellings=('Q(Color__contains="Red")', 'ProductCatalog.Color.contains("Red")'),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="size (Brand) <= :v_sub",
        values={":v_sub": 20},
        spellings=("Q(Brand__size__lte=20)", "ProductCatalog.Brand.size() <= 20"),
        item=BICYCLE,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="size (Color) < :v_sub",
        values={":v_sub": 2},
        spellings=("Q(Color__size__lt=2)", "ProductCatalog.Color.size() < 2"),
        item=BICYCLE,
        holds=False,
    ),
    Condition(
        section=_FUNCTIONS,
        expression="size(VideoClip) > :v_sub",
        values={":v_sub": 64000},
        spellings=("Q(VideoClip__size__gt=64000)", "ProductCatalog.VideoClip.size() > 64000"),
        item={**GOODS, "VideoClip": b"\x00" * 64001},
    ),
    Condition(
        section=_LOGIC,
        expression="(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
        values={":cat1": "Sporting Goods", ":cat2": "Gardening Supplies", ":lo": 500, ":hi": 600},
        spellings=(
            'Q(ProductCategory__in=["Sporting Goods", "Gardening Supplies"], Price__between=[500, 600])',
            'Q(ProductCategory__in=["Sporting Goods", "Gardening Supplies"]) & Q(Price__between=[500, 600])',
        ),
        item={**GOODS, "Price": 550},
    ),
    Condition(
        section=_LOGIC,
        expression="Price < :lo OR Price > :hi",
        values={":lo": 500, ":hi": 600},
        spellings=(
            "Q(Price__lt=500) | Q(Price__gt=600)",
            "(ProductCatalog.Price < 500) | (ProductCatalog.Price > 600)",
        ),
        item=GOODS,
    ),
    Condition(
        section=_LOGIC,
        expression="NOT contains (Color, :c)",
        values={":c": "Red"},
        spellings=('~Q(Color__contains="Red")', '~ProductCatalog.Color.contains("Red")'),
        item=BICYCLE,
        holds=False,
    ),
    Condition(
        section=_LOGIC,
        expression="InStock = :yes AND (Price < :lo OR NOT attribute_exists (Manufacturer))",
        values={":yes": True, ":lo": 100},
        spellings=("Q(InStock=True) & (Q(Price__lt=100) | ~Q(Manufacturer__exists=True))",),
        item=BICYCLE,
    ),
)

#: "DynamoDB condition expression CLI example".
WRITES: tuple[Example, ...] = (
    Write(
        section=_CLI,
        operation="put_item",
        expression="attribute_not_exists(Id)",
        spellings=(
            'ProductCatalog.put_unique({"Id": 456, "ProductCategory": "Sporting Goods", "Price": 650})',
            'ProductCatalog(Id=456, ProductCategory="Sporting Goods", Price=650).save(unique=True)',
        ),
        item=GOODS,
        before=None,
        after=GOODS,
    ),
    Write(
        section=_CLI,
        operation="put_item",
        expression="attribute_not_exists(Id)",
        spellings=(
            (
                'ProductCatalog.put({"Id": 456, "ProductCategory": "Sporting Goods", "Price": 650}, '
                "conditions=Q(Id__not_exists=True))"
            ),
        ),
        item=GOODS,
        before={"Id": 456, "Price": 1},
        after={"Id": 456, "Price": 1},
        refused=True,
    ),
    Write(
        section=_CLI,
        operation="put_item",
        table="Thread",
        expression="attribute_not_exists(ForumName) AND attribute_not_exists(Subject)",
        spellings=(
            'Thread.put_unique({"ForumName": "Amazon DynamoDB", "Subject": "DynamoDB Thread 1", "Views": 1})',
            (
                'Thread.put({"ForumName": "Amazon DynamoDB", "Subject": "DynamoDB Thread 1", "Views": 1}, '
                "conditions=Q(ForumName__not_exists=True, Subject__not_exists=True))"
            ),
        ),
        item={"ForumName": "Amazon DynamoDB", "Subject": "DynamoDB Thread 1", "Views": 1},
        before=_THREAD,
        after=_THREAD,
        refused=True,
    ),
    Write(
        section=_CLI,
        operation="delete_item",
        expression="(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
        values={":cat1": "Sporting Goods", ":cat2": "Gardening Supplies", ":lo": 500, ":hi": 600},
        spellings=(
            (
                'ProductCatalog(Id=456).delete(conditions=Q(ProductCategory__in=["Sporting Goods", "Gardening Supplies"], '
                "Price__between=[500, 600]))"
            ),
        ),
        before=GOODS,
        after=GOODS,
        refused=True,
    ),
    Write(
        section=_CLI,
        operation="delete_item",
        expression="attribute_not_exists(Price)",
        spellings=("ProductCatalog(Id=456).delete(conditions=Q(Price__not_exists=True))",),
        before=GOODS,
        after=GOODS,
        refused=True,
    ),
    Write(
        section=_CLI,
        operation="delete_item",
        expression="attribute_exists(ProductReviews.OneStar)",
        spellings=("ProductCatalog(Id=123).delete(conditions=Q(ProductReviews__OneStar__exists=True))",),
        before=BICYCLE,
        after=None,
    ),
    Write(
        section=_CLI,
        expression="SET Price = Price - :discount",
        condition="Price > :limit",
        values={":discount": 75, ":limit": 500},
        spellings=("ProductCatalog.update_item(Id=456, Price__minus=75, conditions=Q(Price__gt=500))",),
        before=GOODS,
        after={**GOODS, "Price": 575},
    ),
    Write(
        section=_CLI,
        expression="SET Price = Price - :discount",
        condition="Price > :limit",
        values={":discount": 75, ":limit": 500},
        spellings=("ProductCatalog(Id=456).update(Price__minus=75, conditions=ProductCatalog.Price > 500)",),
        before={**GOODS, "Price": 500},
        after={**GOODS, "Price": 500},
        refused=True,
    ),
)

EXAMPLES: tuple[Example, ...] = (*REFERENCE, *WRITES)
