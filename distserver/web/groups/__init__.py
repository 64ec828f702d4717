"""Groups as their files say, with what is wrong in them."""
