"""Plans for whole tables: create, delete, and bring a live table to its model."""
