select 1 as person_id, current_date as year, true as is_new
