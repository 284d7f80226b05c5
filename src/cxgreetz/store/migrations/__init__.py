"""How the database came to be as it is: one idempotent step per file in `versions/`."""
