"""Reading what teams drop in their landing folder, and setting aside, with a reason, each row that cannot be used."""
