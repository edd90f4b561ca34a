"""What a full run costs, beside the same scores made by hand: `make bench`."""
