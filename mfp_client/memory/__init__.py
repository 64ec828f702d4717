"""The image memory of a device: stored documents as TIFF files, and a table of their attributes (SPEC D7)."""
