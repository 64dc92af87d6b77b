"""Where all that is known is kept: the tables, what feeds change in them, and snapshots."""
