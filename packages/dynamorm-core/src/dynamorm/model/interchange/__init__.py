"""Instances in other forms: the images of stream records and exports, JSON, and the objects of the schema library."""
