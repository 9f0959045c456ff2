"""What has to last: the case file; not the plan exports."""
