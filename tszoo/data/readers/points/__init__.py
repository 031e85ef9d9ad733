"""Make series of points: put those of one recording together, even their times, cut windows."""
