"""Physics that several simulated vehicles share."""
