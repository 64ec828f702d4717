"""SANE (Scanner Access Now Easy, standard 1.x) through its own `scanimage`, in a child process."""
