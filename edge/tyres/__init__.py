"""What sensors on the valves of tyres advertise over Bluetooth."""
