package io.github.pgnotify.sample;

import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * Changes a table and does nothing else: its triggers tell the browsers, through the
 * gateway.
 */
@RestController
class ParcelController {

	private final JdbcClient jdbcClient;

	ParcelController(JdbcClient jdbcClient) {
		this.jdbcClient = jdbcClient;
	}

	/**
	 * Orders a parcel.
	 * @param customer for whom
	 * @return number of the parcel
	 */
	@PostMapping("/parcels")
	@ResponseStatus(HttpStatus.CREATED)
	long order(@RequestBody String customer) {
		return this.jdbcClient.sql("INSERT INTO parcel (customer) VALUES (?) RETURNING id")
			.param(customer)
			.query(Long.class)
			.single();
	}

	/**
	 * Moves a parcel on.
	 * @param id number of the parcel
	 * @param status where it is now
	 */
	@PutMapping("/parcels/{id}/status")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void move(@PathVariable long id, @RequestBody String status) {
		this.jdbcClient.sql("UPDATE parcel SET status = ? WHERE id = ?").params(status, id).update();
	}

}
