"""What could happen: exploration of the engines. Nothing here touches the OS."""
