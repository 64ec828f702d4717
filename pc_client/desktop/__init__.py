"""What the programs of a PC's account share: windows of their own, who may see them, notices, and how they start."""
