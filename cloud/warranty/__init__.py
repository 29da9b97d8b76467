"""Warranty: who pays for a repair, why, and the evidence for it."""
