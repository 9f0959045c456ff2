"""Ties a background job to the strip that shows how far it is; starts nothing."""

from __future__ import annotations

from app.jobs import LatestJob
from app.views.progress_strip import ProgressStrip


def show_progress(job: LatestJob, strip: ProgressStrip) -> None:
    """Let `strip` follow `job`, and its Stop button stop it."""
    job.started.connect(strip.begin)
    job.progressed.connect(strip.set_progress)
    job.ended.connect(strip.finish)
    strip.cancel_requested.connect(job.cancel)
