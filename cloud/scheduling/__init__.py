"""Where and when a vehicle is put right: centres, offers, plans for several vehicles, bookings."""
