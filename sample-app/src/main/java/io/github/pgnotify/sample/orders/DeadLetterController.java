package io.github.pgnotify.sample.orders;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

import io.github.pgnotify.queue.DeadLetter;
import io.github.pgnotify.queue.PgQueueAdmin;
import io.github.pgnotify.queue.PgQueueEvent;
import io.github.pgnotify.sample.Arrivals;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The orders that could not be billed: shows them, has them tried again, or forgets them.
 */
@RestController
@RequestMapping("/dead-letters")
class DeadLetterController {

	private static final int MOST = 20;

	private final PgQueueAdmin admin;

	private final Arrivals arrivals;

	DeadLetterController(PgQueueAdmin admin, Arrivals arrivals) {
		this.admin = admin;
		this.arrivals = arrivals;
	}

	@EventListener
	void deadLettered(PgQueueEvent.DeadLettered event) {
		this.arrivals.add(new Burial(Instant.now(), event.channel().value(), event.group(), event.messageId(),
				text(event.reason())));
	}

	/**
	 * The oldest dead letters.
	 * @return a few
	 */
	@GetMapping
	List<Letter> deadLetters() {
		return this.admin.deadLetters(Orders.CHANNEL, Orders.GROUP, MOST).stream().map(Letter::of).toList();
	}

	/**
	 * Has the group try again.
	 * @param id number of the dead letter
	 * @return 204, or 404 if there is none of that number
	 */
	@PostMapping("/{id}/redrive")
	ResponseEntity<Void> redrive(@PathVariable long id) {
		return done(this.admin.redrive(id));
	}

	/**
	 * Forgets a dead letter.
	 * @param id number of the dead letter
	 * @return 204, or 404 if there is none of that number
	 */
	@DeleteMapping("/{id}")
	ResponseEntity<Void> discard(@PathVariable long id) {
		return done(this.admin.discard(id));
	}

	private static ResponseEntity<Void> done(boolean found) {
		return ResponseEntity.status(found ? HttpStatus.NO_CONTENT : HttpStatus.NOT_FOUND).build();
	}

	private static String text(DeadLetter.Reason reason) {
		return reason.name().toLowerCase(Locale.ROOT);
	}

	/**
	 * A dead letter as the page shows it.
	 *
	 * @param id number of the dead letter
	 * @param messageId number of the message
	 * @param data the message's JSON; {@code null} without
	 * @param reason why it was given up
	 * @param attempts how many attempts there were
	 * @param errors what happened at each
	 */
	record Letter(long id, long messageId, @Nullable String data, String reason, int attempts, List<String> errors) {

		static Letter of(DeadLetter letter) {
			return new Letter(letter.id(), letter.messageId(), letter.data(), text(letter.reason()), letter.attempts(),
					letter.errors().stream().map(DeadLetter.FailedAttempt::error).toList());
		}

	}

}
