"""The tables of what was charged, what was planned to be charged, and what was authorised.

Bodies are encrypted: they say who was where, and when. Columns hold what is searched by.
"""

from sqlalchemy import Boolean, Column, Double, Index, Integer, LargeBinary, String, Table

from planner.store.tables import metadata

charges = Table(
    "charges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(300), nullable=False),
    Column("session", Boolean, nullable=False),
    Column("begins", Double, nullable=False),
    Column("ends", Double, nullable=False),
    Column("last_updated", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("charges_by_name", "name", "session", unique=True),
    Index("charges_by_end", "ends"),
)
"""CDRs and Sessions; a CDR never changes, a Session does until its CDR comes."""

trips = Table(
    "trips",
    metadata,
    Column("plan", String(64), primary_key=True),
    Column("departs", Double, nullable=False),
    Column("arrives", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("trips_by_arrival", "arrives"),
)
"""What plans say of their stops, drawn from each once: plans are large, and there are many."""

authorizations = Table(
    "authorizations",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What we allowed, by the reference that we gave; a CDR brings the reference back."""
