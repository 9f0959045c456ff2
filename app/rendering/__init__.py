"""Values into VTK props and pictures; no Qt."""
