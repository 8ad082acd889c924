"""What a page says, before anything is said of how it looks: Markdown and HTML are drawn from the same blocks."""
