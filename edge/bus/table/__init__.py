"""Signal tables as sources: a row for each moment, a column for each signal; CSV and Parquet."""
