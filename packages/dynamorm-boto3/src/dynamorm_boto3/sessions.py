"""Make boto3's session, with components that are faster for DynamoDB."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3.session
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

from dynamorm_boto3.parsing import PlainItemsFactory

#: How to open botocore's JSON files, by extension.
_FORMATS: Mapping[str, Callable[..., Any]] = {".json": open, ".json.gz": gzip.open}


def session_for_dynamodb(arguments: Mapping[str, Any]) -> tuple[boto3.session.Session, Session]:
    """Return boto3's session with these *arguments*, and botocore's session behind it."""
    inner = Session()
    inner.register_component("response_parser_factory", PlainItemsFactory())
    session = boto3.session.Session(**arguments, botocore_session=inner)
    # The loader knows all paths by now, including those of the program's configuration.
    inner.register_component("data_loader", _loader_of(tuple(inner.get_component("data_loader").search_paths)))
    return session, inner


@cache
def _loader_of(paths: tuple[str, ...]) -> Loader:
    """Return the loader for these *paths*, one for all sessions of the process.

    A loader keeps what it has read. Reading the descriptions is most of the time that it takes to make a client.
    """
    return _QuickLoader(list(paths), _Files(), include_default_search_paths=False)


class _Files(JSONFileLoader):
    """Reads JSON files into plain dictionaries. botocore's ``OrderedDict`` takes twice as long."""

    def load_file(self, file_path: str, *arguments: Any, **options: Any) -> Any:
        """Return the content of a file, named without its extension; ``None`` when there is none."""
        for extension, open_file in _FORMATS.items():
            path = file_path + extension
            if os.path.isfile(path):
                with open_file(path, "rb") as file:
                    return json.loads(file.read())
        # The file may have a format that is unknown here.
        return super().load_file(file_path, *arguments, **options)


class _QuickLoader(Loader):
    """Loads descriptions of services without looking into the folders of all four hundred services.

    Looking into them takes a third of the time of making a client.
    """

    def list_available_services(self, type_name: str, *arguments: Any, **options: Any) -> list[str]:
        """Return the services that have a description of any type, not just of *type_name*."""
        if arguments or options:
            return super().list_available_services(type_name, *arguments, **options)
        return sorted({name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)})
