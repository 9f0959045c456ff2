"""The sample case: a made-up pelvis, known by formula, as DICOM and masks; plans nothing."""
