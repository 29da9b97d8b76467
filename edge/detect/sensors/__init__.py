"""Virtual sensors: what each signal ought to be by all the others; who contradicts them for long enough is told."""
