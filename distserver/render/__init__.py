"""Turn documents into the bytes each class of destinations takes, once for each class (SPEC N2).

    renderer.py   what the engine calls: obtain a rendition, inspect an upload, thumbnail, discard
    cache.py      where renditions lie, and the lock that makes each of them once on a machine
    growth.py     renditions that are read while they are being made, and all who wait for them
    fence.py      runs a task in a fenced child; template.py is the process that forks them; work.py runs in the child
    child.py      what a child says, and how far it is believed
    tasks.py      what is asked of a child and what it answers
    sources/      documents opened for reading, page by page
    outputs/      PWG raster, URF, PDF, JPEG and TIFF-F written page by page

Only `sources`, `outputs` and `work` import imaging packages; the worker itself never loads them.
"""
