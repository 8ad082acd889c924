select 1 as edition
