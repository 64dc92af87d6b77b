"""Many missions at once."""
