"""Campaigns: what vehicles of a fleet are asked to collect, how they are doing, and what came of it."""
