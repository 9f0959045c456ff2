"""A control CT: which needles are in it, how far from the plan, and what they sampled."""
