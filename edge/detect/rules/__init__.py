"""Rules: alerts that somebody wrote down, from their text to what they find."""
