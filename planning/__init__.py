"""The core of Trephine: imaging, anatomy, trajectories, handover, records; no Qt, no VTK, no application."""

__version__ = "0.1.0"
