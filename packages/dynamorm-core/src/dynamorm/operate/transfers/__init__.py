"""``load`` and ``copy``: items from the files of an export, or from another table, into a table.

A source of either kind gives :class:`~dynamorm.operate.transfers.chunks.Chunk` after chunk, in a thread or a task of
its own, through a queue that holds few of them; a plan writes each chunk, and saves how far it has come.
"""
