"""eSCL (Mopria eSCL Technical Specification 2.x; AirScan): scanners that speak HTTP and XML."""
