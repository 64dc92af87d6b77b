"""The search for a trip: stops, fallbacks and the reasons why there is none."""
