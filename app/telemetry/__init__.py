"""What happened: logs and figures."""
