"""Programs that the whole-daemon benchmark starts; they run where only the edge's packages are installed."""
