"""The site as files: pages, styles, charts. Reads facts, gathers none."""
