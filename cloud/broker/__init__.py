"""The broker between vehicles and cloud: one embedded for a single machine, and settings for a real one."""
