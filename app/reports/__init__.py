"""Reports of a plan for people, on paper: gathers what they say, lays nothing out itself."""
