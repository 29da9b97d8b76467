"""The supply of the box as it measures it itself: by an ADC through sysfs, fast while an engine is started."""
