"""Many reviewed cases together: their errors, whether they drift, and what they teach the plan."""
