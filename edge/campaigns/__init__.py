"""Campaigns: what the cloud asks this vehicle to collect: windows of signals or of raw frames, within bounds."""

from edge.campaigns.campaigning import Campaigning

__all__ = ["Campaigning"]
