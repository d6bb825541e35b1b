"""Many runs of a scenario: a setting's every value beside each other, on all cores, kept as they end."""
