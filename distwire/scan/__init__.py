"""Pages from scanners: eSCL over the network, SANE through `scanimage`, a watched folder; one contract for all.

    scanner = open_scanner("http://copier.example/eSCL")     # sane:NAME, folder:PATH
    session = ScanSession(scanner, ScanJob(duplex=True), ScanOptions(folder, ask=ask))
    for page in session.run():                               # as they come, each with a small preview
        show(page)
    write_pages(session.pages, Path("out.tif"))

Whatever goes wrong is a `ScanError` (see `faults`); memory holds one page at a time.
"""
