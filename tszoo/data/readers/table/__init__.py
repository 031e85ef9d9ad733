"""Work out how a delimited file is built: what separates, what is a header, what a column holds."""
