"""The types of reads and their pages, for annotations: ``def newest(author: str) -> QueryIterator[Book]``.

A function that takes any read takes a ``Read[Book]``, which ``query`` and ``scan`` return, of a model or of an index.
"""

from dynamorm.model.reads.collections import CollectionQuery, CollectionScan
from dynamorm.model.reads.iteration import Pages
from dynamorm.model.reads.pages import Page
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.reads import ReadIterator as Read
from dynamorm.model.reads.scans import ScanIterator

__all__ = ["CollectionQuery", "CollectionScan", "Page", "Pages", "QueryIterator", "Read", "ScanIterator"]
