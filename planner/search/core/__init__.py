"""The exact search for a trip with charging stops, without roads."""
