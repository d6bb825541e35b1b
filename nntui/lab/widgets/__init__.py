"""Textual widgets: they are given something to draw and draw it; they know of no thread and no engine."""
