"""Tell what is known of the data sets of the UCR archive."""
