"""What an owner wants who writes to the chat: utterances, training, package."""
