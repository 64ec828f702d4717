"""The address book: group files in one directory, read, watched and edited without harm (SPEC D1, D2, D3, D9, D10)."""
