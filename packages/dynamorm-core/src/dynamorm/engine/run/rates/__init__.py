"""Rates: how many capacity units a second operations may consume. Imported when a program makes its first limit.

``buckets`` counts units and time, ``gates`` lets operations through in their order, ``estimates`` says what an
operation will probably consume, ``limiters`` is what a :class:`~dynamorm.RateLimit` consists of, ``calls`` executes an
operation within its limits, and ``blocks`` has the limits that are in force.
"""
