"""Where frames come from: python-can interfaces, log files, a simulated vehicle."""
