"""Fixes that are tried: what could mend a lane, how far its data let anybody get, and the trial that decides."""
