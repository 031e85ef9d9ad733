"""Read tables that lie in columns: data frames in memory, Parquet and Feather files."""
