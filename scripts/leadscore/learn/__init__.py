"""Learning points from outcomes."""
