"""OpenIGTLink: a plan for navigation systems and a tracked needle from them; shows nothing."""
