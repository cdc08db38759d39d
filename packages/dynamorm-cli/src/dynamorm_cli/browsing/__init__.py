"""``dynamorm browse``: a read-only page about tables and their items, for a browser on this computer.

The standard library's server answers requests that :mod:`~dynamorm_cli.browsing.gate` lets through;
:mod:`~dynamorm_cli.browsing.pages` reads what they ask for with ``dynamorm.operate``, and Jinja2 renders it.
"""
