"""Everything nntui does without a screen: reports, machine output, frames and their check."""
