"""Who may ask. So far: whoever has the bootstrap token."""
