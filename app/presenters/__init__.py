"""One presenter per task: hears the session, drives a view, starts jobs; no VTK."""
