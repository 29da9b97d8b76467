"""What this machine is and has: small readers that change nothing; what the kernel does not tell is None."""
