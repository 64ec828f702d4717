"""What goes over a wire: IPP, page raster, and the messages of our own HTTP API. No Flask, no database."""
