"""Who acts, what they may, what they did, and whether that is like them."""
