"""Rates: how many capacity units a second operations may consume. Imported when a program makes its first limit.

``limiters`` is what a :class:`~dynamorm.RateLimit` consists of, and ``blocks`` has the limits that are in force.
``calls`` executes an operation within its limits, in ``operation_parts`` if a whole one costs more than a second
allows. ``admissions`` takes one part through its ``gates``, which keep the order, and whose ``buckets`` count units and
time. ``estimates`` says what an operation will probably consume, ``sizes`` what it has consumed where the backend does
not report that, and ``throttling`` which limits are to be lowered.
"""
