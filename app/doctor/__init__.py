"""Looks at the computer Trephine runs on: what is found, what it means, and what to do about it."""
