"""What is wrong with a vehicle, how sure that is, and how long its parts will last."""
