"""Masks into what a planner reads: roles, skin, joints, lesion, distance fields; no ranking."""
