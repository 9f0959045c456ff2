"""The core of Trephine: imaging to records, as pure functions of values; no Qt, no VTK, no app."""

__version__ = "0.1.0"
