"""Widgets: signals out, setters in; no session, no planner."""
