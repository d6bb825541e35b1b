"""What a scenario can name, one row each: activations, optimizers, losses, initializers, schedules, surfaces; and the
statistics that are measured."""
