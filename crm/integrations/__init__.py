"""Who carries: one adapter a file, behind a Protocol of the room that uses it."""
