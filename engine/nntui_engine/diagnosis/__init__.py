"""Diagnosis: what is wrong with a lane, where, since when, why, and what to set."""
