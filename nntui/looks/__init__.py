"""What is worked out from a run on request, because something on screen or in a report shows it."""
