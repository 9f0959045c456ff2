"""Anatomy and protocol into ranked needle trajectories; reads and writes no files."""
