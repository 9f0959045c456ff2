"""The desktop application and the command line; no planning mathematics of its own."""
