"""Many simulated vehicles straight into wire messages, for loading a cloud: each has all that a box has, but frames."""
