"""The values everything else speaks in: frozen, with units and frames in their names; no behaviour beyond derivation."""
