package io.github.pgnotify.connection;

import java.util.Scanner;

/**
 * Listens in a JVM of its own, and says how that goes for every line that it is told.
 */
final class ListeningChild {

	private ListeningChild() {
	}

	public static void main(String[] args) throws Exception {
		try (ListeningHarness listening = new ListeningHarness(args[0], args[1], args[2]).listen("messages");
				Scanner lines = new Scanner(System.in)) {
			System.out.println("listening");
			while (lines.hasNextLine()) {
				int expected = Integer.parseInt(lines.nextLine());
				int heard = listening.notifications.await(expected).size();
				System.out.println("heard " + heard + " backend " + listening.status().backendPid() + " losses "
						+ listening.losses.received());
			}
		}
	}

}
