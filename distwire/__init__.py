"""What goes over a wire: IPP, page raster, PDF of pictures, pages from scanners, and the messages of our own HTTP API.

No Flask, no database."""
