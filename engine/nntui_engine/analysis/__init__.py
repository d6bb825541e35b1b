"""What looks at a run, on demand: its statistics that cost more than a step, its curvature, its sweeps and proofs."""
