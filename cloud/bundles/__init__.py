"""Bundles: configuration, rules, profiles and models for vehicles, who is to run which, and how that goes."""
