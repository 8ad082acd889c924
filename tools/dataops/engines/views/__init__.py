"""Production as views onto the release that is live: where no transaction moves several relations."""
