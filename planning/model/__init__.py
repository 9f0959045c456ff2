"""The values everything else speaks in: frozen, unit and frame in each name; no behaviour."""
