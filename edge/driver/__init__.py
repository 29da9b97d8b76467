"""What the cab hears and sees."""
