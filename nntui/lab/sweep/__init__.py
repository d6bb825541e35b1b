"""A sweep on the screen: its map fills while processes train."""
