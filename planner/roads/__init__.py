"""Roads: OpenStreetMap and networks into one graph of arrays, heights, snapping and place names."""
