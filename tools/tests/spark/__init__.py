"""The commands on a real Spark. `make spark` starts one and runs these; `make test` knows nothing of them."""
