"""Sets of cores planned together: where they go, what they cover, and where each is sent."""
