"""Between JSON and the engine: what comes in is read, faults and all; what goes out is listed."""
