"""The schema adapter for attrs."""
