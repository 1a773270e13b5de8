"""Foreign clients and hostile ones, on a real server process with every transport."""
