"""Plans into what other systems and people read; computes nothing new."""
