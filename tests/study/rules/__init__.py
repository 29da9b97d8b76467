"""What rules alone find in simulated lives, and what they say of healthy ones: `python -m tests.study.rules`."""
