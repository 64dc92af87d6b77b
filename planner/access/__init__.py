"""Which EVSEs a wallet opens, how sure that is, and what says so; and why the others are left out.

Unknown is never yes. `planner.access.chargers.accessible` is the way in, `docs/access.md` tells
the rules to people.
"""
