"""Keys that are computed from fields: templates, the forms of values in them, and what queries make of them."""
