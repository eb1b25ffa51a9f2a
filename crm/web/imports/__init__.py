"""The pages of importing: the list and the upload, the mapping, one import at work and done, its files."""
