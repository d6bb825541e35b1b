"""Drawing without a terminal: scales, ticks, frames and braille curves as plain grids of characters."""
