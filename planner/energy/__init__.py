"""Energy: what driving an edge takes, how long charging lasts, and which cars there are."""
