"""The pictures of the chapters: one module per chapter, its functions in the order of its panels."""
