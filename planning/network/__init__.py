"""Image archives over the network: DIMSE and DICOMweb; opens no window and judges no image."""
