"""Plans and missions as files: JSON, GeoJSON, GPX, iCalendar, CSV; values in, values out."""
