"""The papers a hospital asks for: their generated parts, and the pictures of the manual."""
