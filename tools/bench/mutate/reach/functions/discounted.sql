amount * 8 / 10
