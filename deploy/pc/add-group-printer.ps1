# Adds a group of the server as a printer of this PC (IPP Everywhere, Microsoft IPP Class Driver: no driver of ours).
#
#   .\add-group-printer.ps1 -Uri ipps://print.example.org:8640/ipp/print/sales [-Name Sales]
#   .\add-group-printer.ps1 -Remove -Name Sales
#
# Needs an administrator's PowerShell. Windows takes printers by IPP since Windows 10 1809, by -IppURL since Windows 11.
[CmdletBinding()]
param(
    [string] $Uri,
    [string] $Name,
    [switch] $Remove
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if ($Remove) {
    if (-not $Name) { throw 'say which printer: -Name NAME' }
    Remove-Printer -Name $Name
    Write-Output "the printer $Name is gone"
    exit 0
}
if ($Uri -notmatch '^ipps?://[^/]+/ipp/print/[^/]+$') {
    throw 'say which group: -Uri ipps://HOST:PORT/ipp/print/GROUP'
}
if (-not $Name) { $Name = [Uri]::UnescapeDataString(($Uri -split '/')[-1]) }
if (Get-Printer -Name $Name -ErrorAction SilentlyContinue) {
    Remove-Printer -Name $Name
}
$known = (Get-Command Add-Printer).Parameters.Keys
if ($known -notcontains 'IppURL') {
    throw "this Windows adds printers by IPP in Settings alone: Printers, Add manually, by address: $Uri"
}
Add-Printer -Name $Name -IppURL $Uri
Write-Output "the printer $Name sends to $Uri"
