"""The only room with sockets: artifacts to folders and file servers."""
