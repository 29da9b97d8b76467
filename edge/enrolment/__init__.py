"""Who this box is: its key, its certificate, and how it gets both. The daemon imports `identity` and `keeper` alone."""
