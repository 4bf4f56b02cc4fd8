package io.github.pgnotify.sample.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Says that a living application uses a directory. The operating system takes the lock
 * from an application that dies, however it dies.
 */
final class DirectoryLock implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(DirectoryLock.class);

	/**
	 * Locks of this JVM. A second channel on a locked file would lose the lock when it is
	 * closed, so there must not be one.
	 */
	private static final Set<Path> held = ConcurrentHashMap.newKeySet();

	private final Path file;

	private final FileChannel channel;

	private DirectoryLock(Path file, FileChannel channel) {
		this.file = file;
		this.channel = channel;
	}

	/**
	 * Takes the lock. An owner that is just ending is waited for.
	 * @param file what to lock; it is created and stays
	 * @param patience how long to wait for the owner to end
	 * @return the lock, or {@code null} if another application keeps it
	 * @throws IOException if the file cannot be written
	 */
	static @Nullable DirectoryLock acquire(Path file, Duration patience) throws IOException {
		if (!held.add(file)) {
			return null;
		}
		FileChannel channel = null;
		try {
			channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
					StandardOpenOption.WRITE);
			FileLock lock = channel.tryLock();
			if (lock == null && ownerEndsWithin(channel, patience)) {
				lock = channel.tryLock();
			}
			if (lock != null) {
				writeOwner(channel);
				return new DirectoryLock(file, channel);
			}
		}
		catch (IOException ex) {
			release(file, channel);
			throw ex;
		}
		release(file, channel);
		return null;
	}

	@Override
	public void close() throws IOException {
		release(this.file, this.channel);
	}

	private static void release(Path file, @Nullable FileChannel channel) throws IOException {
		held.remove(file);
		if (channel != null) {
			channel.close();
		}
	}

	private static void writeOwner(FileChannel channel) throws IOException {
		String pid = Long.toString(ProcessHandle.current().pid());
		channel.truncate(0).write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
	}

	private static boolean ownerEndsWithin(FileChannel channel, Duration patience) throws IOException {
		ByteBuffer content = ByteBuffer.allocate(20);
		channel.read(content, 0);
		String pid = StandardCharsets.US_ASCII.decode(content.flip()).toString();
		if (!pid.matches("\\d+")) {
			return false;
		}
		ProcessHandle owner = ProcessHandle.of(Long.parseLong(pid)).orElse(null);
		if (owner == null) {
			return true;
		}
		logger.info("Process " + owner.pid() + " uses the embedded PostgreSQL. Waiting " + patience.toSeconds()
				+ " s for it to end");
		return ProcessEnd.within(owner, patience);
	}

}
