"""Updates: bundles that the cloud wants this vehicle to run; fetched, checked, tried, kept or rolled back."""
