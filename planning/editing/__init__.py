"""Changing masks by hand and by rule: strokes, thresholds, islands, growth; knows no structures."""
