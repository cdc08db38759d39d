"""The pages: what each address shows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import unquote

import jinja2

from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.engine.costs.explanations import Explanation
from dynamorm.exceptions import (
    BudgetExceeded,
    DynaModelException,
    DynamoException,
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    InvalidValue,
    RequestRejected,
    TableNotFound,
    ValidationError,
)
from dynamorm.operate import ItemPage, ItemView, RelatedItems, TableOverview, TableView
from dynamorm.operate.reading.items import problems_of
from dynamorm_cli.browsing import values
from dynamorm_cli.browsing.addresses import (
    PAGE_SIZES,
    PageAddress,
    Query,
    dynamodb_json,
    filters_of_form,
    first,
    item_address,
    key_of,
    parse_query,
    partition_address,
)
from dynamorm_cli.browsing.catalogue import Catalogue
from dynamorm_cli.browsing.code_snippets import item_as_command, item_in_python, page_as_command, page_in_python
from dynamorm_cli.browsing.forms import FilterRow, operator_choices, rows
from dynamorm_cli.browsing.meter import Meter
from dynamorm_cli.browsing.responses import Response, redirection
from dynamorm_cli.browsing.tables import ItemTable, tables_of
from dynamorm_cli.cells import printable

_STATIC = {"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"}
#: What is wrong with what the address asks for.
_WRONG = (
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    InvalidValue,
    RequestRejected,
    ValidationError,
)


class _Attempt(NamedTuple):
    """What came of reading a page: the page, or what it would cost, or why it can't be read."""

    status: HTTPStatus
    page: ItemPage | None = None
    cost: Explanation | None = None
    copies: Mapping[str, str] = {}
    problem: str | None = None


class Pages:
    """Makes the response to each request that the gate lets through.

    Args:
        catalogue: What can be looked at.
        meter: What counts the cost.
        target: Where the tables are, for people.
        report: Gets a line about each fault of the program itself, without values.
    """

    def __init__(self, catalogue: Catalogue, meter: Meter, target: str, report: Callable[[str], object]) -> None:
        self._catalogue = catalogue
        self.meter = meter
        self._target = target
        self._report = report
        #: What the paths of all pages begin with. It is secret: see the gate.
        self.root = f"/{secrets.token_urlsafe(12)}"
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("dynamorm_cli.browsing"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            cell=values.cell,
            tree=values.tree,
            type_name=values.type_name,
            size=values.size_text,
            units=values.units_text,
            printable=printable,
        )
        self._templates.globals.update(
            root=self.root,
            target=target,
            meter=meter,
            name_of=catalogue.name_of,
            item_address=item_address,
            related=self._related,
        )

    def response_to(self, target: str) -> Response:
        """Return the response to a request for a *target*: a path below the root, and a query."""
        path, _, query = target.partition("?")
        path = unquote(path)
        try:
            return self._response(path, parse_query(query))
        except BudgetExceeded:
            return self._failed(HTTPStatus.TOO_MANY_REQUESTS, "The budget is used up", self._about_budget(), path)
        except TableNotFound as error:
            return self._failed(HTTPStatus.NOT_FOUND, "There is no such table", str(error), path)
        except _WRONG as error:
            return self._failed(HTTPStatus.BAD_REQUEST, "This can't be read", _told(error), path)
        except DynaModelException as error:
            return self._failed(HTTPStatus.NOT_FOUND, "There is no such page", str(error), path)
        except DynamoException as error:
            message = f"{type(error).__name__}: {error}"
            return self._failed(HTTPStatus.BAD_GATEWAY, "The table can't be read", message, path)
        except Exception as error:  # noqa: BLE001 - a thread of the server must answer
            self._report(f"{type(error).__name__} while {printable(path)} was made")
            message = f"It raised {type(error).__name__}."
            return self._failed(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong", message, path)

    def _response(self, path: str, query: Query) -> Response:
        if path == "/":
            return self._page("tables.html", tables=self._catalogue.describe())
        if path in _STATIC:
            found = files("dynamorm_cli.browsing").joinpath("static", path.removeprefix("/"))
            return Response(found.read_bytes(), content_type=_STATIC[path])
        prefix, _, rest = path.removeprefix("/").partition("/")
        name, _, what = rest.partition("/")
        owner = self._catalogue.owner(name) if prefix == "t" else None
        if owner is not None and what == "":
            return self._items(name, owner, query)
        if owner is not None and what == "item":
            return self._item(name, owner, query)
        if owner is not None and what == "partition":
            return self._partition(name, owner, query)
        return self._failed(HTTPStatus.NOT_FOUND, "There is no such page", "Begin with the list of tables.", path)

    # --- pages of items

    def _items(self, name: str, owner: type[Any], query: Query) -> Response:
        address = PageAddress.parse(name, query)
        if "go" in query:
            view = self._catalogue.view(owner, address.index)
            filters = filters_of_form(query, view.fields)
            # A scan that was asked for stays one, as long as the conditions don't make it a query.
            scan = address.scan and not view.can_query(filters)
            return redirection(f"{self.root}{address.but(filters=filters, scan=scan)}")
        view = self._catalogue.view(owner, address.index)
        is_query = view.can_query(address.filters)
        address = address.but(scan=address.scan and not is_query, after=address.after)
        attempt = self._attempt(view, address, is_query=is_query)
        page, table = attempt.page, self._catalogue.table_of(owner)
        return self._page(
            "items.html",
            attempt.status,
            name=name,
            view=view,
            table=table,
            target=table.target,
            address=address,
            page=page,
            tables=[] if page is None else self._tables(view, page),
            next=None if page is None or page.cursor is None else address.but(after=page.cursor),
            problem=attempt.problem,
            cost=attempt.cost,
            expected=table.read_units(address.page_size),
            copies=attempt.copies,
            rows=rows(view, address.filters),
            operators=operator_choices,
            new_row=FilterRow("", "eq", "", fixed=False),
            page_sizes=PAGE_SIZES,
            siblings=self._siblings(owner),
        )

    def _attempt(self, view: TableView, address: PageAddress, *, is_query: bool) -> _Attempt:
        """Read a page; if that needs a scan that was not asked for, only explain it."""
        try:
            if is_query or address.scan:
                page, cost = self._read(view, address), None
            else:
                page, cost = None, view.explain(address.filters, scan=True, page_size=address.page_size)
            shown = address if is_query else address.but(scan=True)
            table = self._catalogue.table_of(view.owner).name
            copies = {"Python": page_in_python(view, shown), "command line": page_as_command(view, shown, table)}
            return _Attempt(HTTPStatus.OK, page, cost, _written(copies))
        except _WRONG as error:
            return _Attempt(HTTPStatus.BAD_REQUEST, problem=_told(error))
        except BudgetExceeded:
            return _Attempt(HTTPStatus.TOO_MANY_REQUESTS, problem=self._about_budget())
        except TableNotFound:
            raise
        except DynamoException as error:
            # The conditions stay, to be sent again.
            return _Attempt(HTTPStatus.BAD_GATEWAY, problem=f"{type(error).__name__}: {error}")

    def _read(self, view: TableView, address: PageAddress) -> ItemPage:
        with self.meter.reading():
            return view.page(
                address.filters,
                scan=address.scan,
                page_size=address.page_size,
                after=address.after,
                descending=address.descending,
            )

    def _tables(self, view: TableView, page: ItemPage) -> list[ItemTable]:
        return tables_of(page, first_fields=[each for keys in view.key_fields for each in keys])

    def _siblings(self, owner: type[Any]) -> list[str]:
        """Return the names of the models that share the table, with that of the shared table first."""
        table = self._catalogue.table_of(owner)
        owners = [*([table.shared] if table.shared else []), *table.models]
        return [name for name in map(self._catalogue.name_of, owners) if name] if len(owners) > 1 else []

    # --- single items and partitions

    def _item(self, name: str, owner: type[Any], query: Query) -> Response:
        key = key_of(first(query, "key"))
        view = self._catalogue.view(owner)
        with self.meter.reading():
            page = view.item(key)
        if not page.items:
            message = "It may have been deleted."
            return self._failed(HTTPStatus.NOT_FOUND, "There is no such item", message, f"/t/{name}")
        item = page.items[0]
        table = self._catalogue.table_of(owner)
        copies = _written({"Python": item_in_python(item), "command line": item_as_command(item)})
        return self._page(
            "item.html",
            name=name,
            table=table,
            target=table.target,
            item=item,
            key=key,
            page=page,
            partitions=_partitions(name, view, table, item),
            json=dynamodb_json(item.item),
            copies=copies,
        )

    def _partition(self, name: str, owner: type[Any], query: Query) -> Response:
        hash_key, index = key_of(first(query, "hash")), first(query, "index")
        view = self._catalogue.view(owner, index)
        with self.meter.reading():
            page = view.partition(hash_key, after=first(query, "after"))
        table = self._catalogue.table_of(owner)
        more = None if page.cursor is None else partition_address(name, hash_key, index, page.cursor)
        return self._page(
            "partition.html",
            name=name,
            view=view,
            table=table,
            target=table.target,
            hash_key=hash_key,
            page=page,
            groups=tables_of(page, first_fields=[]),
            next=more,
        )

    def _related(self, related: RelatedItems) -> str | None:
        """Return the address of what an item is related to; ``None`` if it can't be followed."""
        name = self._catalogue.name_of(related.model)
        if name is None or related.problem is not None:
            return None
        if related.key is not None:
            return item_address(name, related.key)
        return str(PageAddress(name, related.index, related.filters))

    # --- all pages

    def _about_budget(self) -> str:
        used, most = map(values.units_text, (self.meter.used, self.meter.most))
        return (
            f"This read would exceed the budget, and was not sent: {used} of {most} read units are used. Start "
            "dynamorm browse again with a larger --budget to read more."
        )

    def _failed(self, status: HTTPStatus, title: str, message: str, path: str) -> Response:
        _, _, below = path.partition("/t/")
        name = below.partition("/")[0]
        is_known = self._catalogue.owner(name) is not None
        return self._page("failed.html", status, title=title, message=message, name=name if is_known else None)

    def _page(self, template: str, status: HTTPStatus = HTTPStatus.OK, /, **shown: Any) -> Response:
        return Response(self._templates.get_template(template).render(shown).encode(), status)


def _partitions(name: str, view: TableView, table: TableOverview, item: ItemView) -> list[tuple[str, str]]:
    """Return the partitions that an *item* is in, as a text and an address: of the table, and of its indexes."""
    known = view.indexes
    read: list[tuple[str, TableSpec | IndexSpec, str | None]] = [("the table", table.spec, None)]
    read += [(index.name, index, known[index.name]) for index in table.spec.indexes if index.name in known]
    return [
        (label, partition_address(name, {each.name: item.item[each.name] for each in spec.hash_keys}, index))
        for label, spec, index in read
        # A hash key without a range key has one item.
        if (spec.range_keys or index) and all(each.name in item.item for each in spec.key_attributes)
    ]


def _written(copies: Mapping[str, str | None]) -> dict[str, str]:
    """Return the *copies* that there are."""
    return {kind: code for kind, code in copies.items() if code is not None}


def _told(error: Exception) -> str:
    """Return what is wrong with what was asked for."""
    return "; ".join(problems_of(error)) if isinstance(error, ValidationError) else str(error)
