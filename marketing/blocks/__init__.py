"""Emails as blocks: what kinds there are (kinds), JSON -> blocks (parsing), blocks -> HTML and text (compiling), the check before a send (checking)."""
