"""Files into values: CT series, volumes and masks; no clinical meaning."""
