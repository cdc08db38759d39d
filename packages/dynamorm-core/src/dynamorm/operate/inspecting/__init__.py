"""``inspect``: what the items of a table are like, found in a sample of them."""
