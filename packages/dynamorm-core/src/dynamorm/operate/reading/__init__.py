"""Reads for people: pages of items as they are stored and as their models load them, valid or not."""
