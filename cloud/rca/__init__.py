"""Why things go wrong: around one incident, over a fleet, and whether what was done about it helped."""
