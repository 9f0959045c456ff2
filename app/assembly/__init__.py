"""One file for each feature: its views, their place in the window, its presenter, its wiring."""
