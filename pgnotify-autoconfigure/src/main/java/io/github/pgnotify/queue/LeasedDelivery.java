package io.github.pgnotify.queue;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.Delivery;
import io.github.pgnotify.LeaseLostException;
import io.github.pgnotify.PayloadConversionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A delivery that this process has leased. Thread-safe.
 */
final class LeasedDelivery implements Delivery {

	private final Intake intake;

	private final Claimed claimed;

	private final boolean suspect;

	private final Settlements settlements;

	private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);

	private final long claimedNanos = System.nanoTime();

	private volatile long leasedUntilNanos;

	/**
	 * Creates a delivery.
	 * @param suspect whether its owner had died with it, so that its attempt is counted
	 * @param leasedUntilNanos until when it surely is ours, by {@code System.nanoTime()}
	 */
	LeasedDelivery(Intake intake, Claimed claimed, boolean suspect, Settlements settlements, long leasedUntilNanos) {
		this.intake = intake;
		this.claimed = claimed;
		this.suspect = suspect;
		this.settlements = settlements;
		this.leasedUntilNanos = leasedUntilNanos;
	}

	Intake intake() {
		return this.intake;
	}

	Claimed claimed() {
		return this.claimed;
	}

	boolean isSuspect() {
		return this.suspect;
	}

	/**
	 * Whether nothing has become of it yet.
	 */
	boolean isOpen() {
		return this.state.get() == State.OPEN;
	}

	/**
	 * Claims the right to say what becomes of it.
	 * @return whether nobody else had it
	 */
	boolean settle() {
		return this.state.compareAndSet(State.OPEN, State.SETTLED);
	}

	/**
	 * Takes back {@link #settle()}.
	 */
	void reopen() {
		this.state.compareAndSet(State.SETTLED, State.OPEN);
	}

	/**
	 * Somebody else has it now.
	 * @return whether that is news, and nothing had become of it here
	 */
	boolean lose() {
		return this.state.compareAndSet(State.OPEN, State.LOST);
	}

	/**
	 * Whether it is not to be handled any more.
	 */
	boolean isExpired() {
		Duration expiresIn = this.claimed.expiresIn();
		return expiresIn != null && System.nanoTime() - this.claimedNanos >= expiresIn.toNanos();
	}

	/**
	 * Whether the lease may have ended while nobody here looked.
	 */
	boolean isDoubtful() {
		return System.nanoTime() - this.leasedUntilNanos > 0;
	}

	void renewed(long untilNanos) {
		this.leasedUntilNanos = untilNanos;
	}

	LeaseLostException lost() {
		return new LeaseLostException("Message " + messageId() + " on channel '" + channel()
				+ "' is not leased to group '" + group() + "' of this process any more (token " + token() + ")");
	}

	@Override
	public long messageId() {
		return this.claimed.messageId();
	}

	@Override
	public ChannelName channel() {
		return this.intake.channel();
	}

	@Override
	public String group() {
		return this.intake.group();
	}

	@Override
	public int attempt() {
		return this.suspect ? this.claimed.attempts() : this.claimed.attempts() + 1;
	}

	@Override
	public long token() {
		return this.claimed.token();
	}

	@Override
	public OffsetDateTime createdAt() {
		return Objects.requireNonNull(this.claimed.createdAt());
	}

	@Override
	public @Nullable String key() {
		return this.claimed.key();
	}

	@Override
	@SuppressWarnings("unchecked")
	public Map<String, Object> headers() {
		String headers = this.claimed.headers();
		if (headers == null) {
			return Map.of();
		}
		try {
			Map<String, Object> values = JsonMapper.shared().readValue(headers, LinkedHashMap.class);
			values.values().removeIf(Objects::isNull);
			return Collections.unmodifiableMap(values);
		}
		catch (JacksonException ex) {
			throw new PayloadConversionException("The headers of " + this + " cannot be read");
		}
	}

	@Override
	public void extend(Duration duration) {
		if (!isOpen() || !this.settlements.extend(this, Durations.checked(duration))) {
			throw lost();
		}
	}

	@Override
	public void negativeAcknowledge(Duration delay) {
		settleNow(
				Settlement.retry(this, Durations.checked(delay), Errors.json(attempt(), "given back by the listener")));
	}

	@Override
	public void deadLetter(String reason) {
		settleNow(Settlement.dead(this, DeadLetter.Reason.REJECTED, Errors.json(attempt(), reason)));
	}

	@Override
	public String toString() {
		return "Delivery[message=" + messageId() + ", channel=" + channel() + ", group=" + group() + ", attempt="
				+ attempt() + ", token=" + token() + "]";
	}

	private void settleNow(Settlement settlement) {
		if (!settle() || this.settlements.settleNow(List.of(settlement)).isEmpty()) {
			throw lost();
		}
	}

	private enum State {

		OPEN, SETTLED, LOST

	}

}
