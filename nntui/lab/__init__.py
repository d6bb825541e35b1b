"""The lab: a run in the terminal, watched and turned at while it trains."""
