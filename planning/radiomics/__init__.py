"""Numbers that describe a whole lesion, by the IBSI definitions; plans and judges nothing."""
