echo opencrate
