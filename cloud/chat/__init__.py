"""The chat: an owner asks, tools answer."""
