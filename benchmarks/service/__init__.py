"""How many requests a second a web service answers: the forum of ``examples``, and the same on aiobotocore's client."""
