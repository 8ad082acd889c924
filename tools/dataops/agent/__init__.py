"""An agent's way in: the commands as tools of the Model Context Protocol. The only `import mcp`."""
