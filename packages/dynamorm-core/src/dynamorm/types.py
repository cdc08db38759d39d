"""An import path of DynamORM 0.11 that is gone. Importing it says what to use instead."""

# A module, not a package: pip removes 0.11's file types/__init__.py after it has installed this one.
raise ImportError(
    "dynamorm.types is gone: the schema library does all of its work, and an adapter of another library is a plugin. "
    "See 'Write a schema plugin' in the documentation.",
    name="dynamorm.types",
)
