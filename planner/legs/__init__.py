"""Legs: how long and how much charge from a place to others, on the roads, for one car."""
