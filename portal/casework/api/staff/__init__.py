"""What the desk may read: the queue and a file, masked as on the pages."""
