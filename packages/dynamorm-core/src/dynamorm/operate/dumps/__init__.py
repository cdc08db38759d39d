"""Dumps: a table's items in files, in the format of DynamoDB's own exports to S3.

See "DynamoDB table export output format" and "DynamoDB import format quotas and validation" in the developer guide. A
folder has ``manifest-summary.json``, ``manifest-files.json``, ``data/*.json.gz`` with an item in each line, and, of our
own, ``table.json``. A dump that is not finished has ``_progress.json``, and no manifest.
"""
