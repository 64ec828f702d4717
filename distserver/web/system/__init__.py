"""How the installation is: for operators."""
