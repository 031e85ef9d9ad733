"""What every room needs of the disk: strict readers, atomic writers, bounds of what files say."""
