"""Plugsure: electric trips whose every charging stop the driver's own card opens."""
