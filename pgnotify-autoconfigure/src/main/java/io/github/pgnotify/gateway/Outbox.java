package io.github.pgnotify.gateway;

import java.util.ArrayDeque;
import java.util.Deque;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What waits to be written to one client, in order. It holds so much and no more, and no
 * thread waits for it: who offers a frame writes as much as the client takes at once, and
 * who learns that it takes more goes on.
 */
final class Outbox implements Transport.Done {

	private final Owner owner;

	private final int capacity;

	private final Deque<Frame> waiting = new ArrayDeque<>();

	private @Nullable Transport transport;

	private @Nullable Frame current;

	private @Nullable Thread writer;

	private long bytes;

	private long progressAt;

	private boolean closed;

	private @Nullable Runnable whenRoom;

	private int roomWanted;

	Outbox(Owner owner, int capacity) {
		this.owner = owner;
		this.capacity = capacity;
	}

	/**
	 * Begins to write what waits, and what is offered from now on.
	 */
	void open(Transport opened) {
		synchronized (this) {
			this.transport = opened;
		}
		drain();
	}

	/**
	 * Takes a frame. One that is longer than all that may wait is taken if nothing waits.
	 * @return {@code false} if there is no room for it
	 */
	boolean offer(Frame frame) {
		synchronized (this) {
			if (this.closed) {
				return true;
			}
			if (this.bytes > 0 && this.bytes + frame.size() > this.capacity) {
				return false;
			}
			this.waiting.add(frame);
			this.bytes += frame.size();
		}
		drain();
		return true;
	}

	/**
	 * Runs something as soon as there is room for a frame, and for others as well, or
	 * none is needed any more. One thing at a time.
	 * @return {@code false} if there is now, so that it does not run
	 */
	synchronized boolean whenRoom(int size, Runnable task) {
		if (this.closed || hasRoom(size)) {
			return false;
		}
		Assert.state(this.whenRoom == null, "Somebody waits for room already");
		this.whenRoom = task;
		this.roomWanted = size;
		return true;
	}

	/**
	 * Drops what waits and takes nothing more.
	 * @return whether nothing is being written
	 */
	boolean close() {
		Runnable task;
		boolean idle;
		synchronized (this) {
			this.closed = true;
			this.waiting.clear();
			task = this.whenRoom;
			this.whenRoom = null;
			idle = this.current == null;
		}
		if (task != null) {
			task.run();
		}
		return idle;
	}

	synchronized boolean isIdle() {
		return this.current == null && this.waiting.isEmpty();
	}

	/**
	 * For how long the client has taken nothing of what is being written to it, in
	 * proportion to how much it is.
	 */
	synchronized long stalledNanos(long now) {
		Frame frame = this.current;
		if (frame == null) {
			return 0;
		}
		return (now - this.progressAt) / Math.max(1, frame.size() / this.capacity);
	}

	int capacity() {
		return this.capacity;
	}

	private boolean hasRoom(int size) {
		return this.bytes == 0 || this.bytes + size <= this.capacity / 2;
	}

	private void drain() {
		while (true) {
			Frame frame;
			Transport opened;
			synchronized (this) {
				frame = this.waiting.peek();
				opened = this.transport;
				if (this.current != null || frame == null || opened == null) {
					return;
				}
				this.waiting.remove();
				this.current = frame;
				this.progressAt = System.nanoTime();
				this.writer = Thread.currentThread();
			}
			opened.write(frame, this);
			synchronized (this) {
				if (this.writer == Thread.currentThread()) {
					this.writer = null;
				}
			}
		}
	}

	@Override
	public void progressed() {
		synchronized (this) {
			this.progressAt = System.nanoTime();
		}
	}

	@Override
	public void done(@Nullable Throwable failure) {
		Runnable task = null;
		boolean ended;
		boolean inline;
		synchronized (this) {
			Frame frame = this.current;
			if (frame != null) {
				this.bytes -= frame.size();
			}
			this.current = null;
			inline = this.writer == Thread.currentThread();
			ended = this.closed;
			if (this.whenRoom != null && hasRoom(this.roomWanted)) {
				task = this.whenRoom;
				this.whenRoom = null;
			}
		}
		if (failure != null) {
			this.owner.failed(failure);
		}
		else if (ended) {
			this.owner.written();
		}
		else if (!inline) {
			drain();
		}
		if (task != null) {
			task.run();
		}
	}

	/**
	 * Whose outbox it is.
	 */
	interface Owner {

		/** The client is gone. */
		void failed(Throwable failure);

		/** What was being written when the outbox was closed is written. */
		void written();

	}

}
